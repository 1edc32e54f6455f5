// A plugin that calls a function that no library defines.
namespace elsewhere {
int forgotten(int);
}
extern const int g_sum;
const int g_sum = elsewhere::forgotten(1);
