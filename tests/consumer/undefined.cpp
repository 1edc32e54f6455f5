// A plugin that calls what no library has.
namespace elsewhere {
int forgotten(int);
}
extern const int g_sum;
const int g_sum = elsewhere::forgotten(1);
