// Finds q, k and v in an archive, compares their shapes, and reads rows of them.
#include "npz/qkv.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "npz/npy.h"

namespace attnbench::npz {
namespace {

constexpr size_t kDims = 4;
constexpr size_t kMostNamed = 12;

std::string array_name(const std::string& layer, const char* tensor) {
  return layer.empty() ? tensor : layer + "/" + tensor;
}

/// The names of the arrays, as numpy gives them, for a message.
std::string names_of(const std::vector<Member>& members) {
  std::string text;
  for (size_t i = 0; i < members.size() && i < kMostNamed; ++i) {
    std::string name = members[i].name;
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    text += (text.empty() ? "" : ", ") + name;
  }
  if (members.size() > kMostNamed) text += ", ...";
  return text.empty() ? "nothing" : text;
}

const Member& find(const File& file, const std::vector<Member>& members, const std::string& name) {
  const Member* found = nullptr;
  for (const Member& member : members) {
    if (member.name != name + ".npy") continue;
    if (found != nullptr) file.refuse("holds the array '" + name + "' twice");
    found = &member;
  }
  if (found != nullptr) return *found;
  const bool in_layers = std::any_of(members.begin(), members.end(), [](const Member& member) {
    return member.name.ends_with("/q.npy");
  });
  file.refuse("has no array '" + name + "'; it holds " + names_of(members) +
              (in_layers ? "; \"layer\": \"L\" takes L/q, L/k and L/v"
                         : "; an npz file of inputs holds q, k and v, or L/q, L/k and L/v for a "
                           "layer L"));
}

/// The three arrays of a layer, each at its first element.
struct Arrays {
  ArrayReader q, k, v;
  QkvShape shape;
};

ArrayReader open_array(const File& file, const std::vector<Member>& members,
                       const std::string& layer, const char* tensor) {
  const std::string name = array_name(layer, tensor);
  ArrayReader array(file, find(file, members, name));
  const std::vector<int64_t>& shape = array.header().shape;
  if (shape.size() != kDims)
    file.refuse("its array '" + name + "' has the shape " + shape_text(shape) +
                "; expected four dims: [batch, heads, tokens, head_dim]");
  // Rows are read as a whole, and a small file can claim a long one.
  if (shape[3] > kMaxHeadDim)
    file.refuse("its array '" + name + "' has the shape " + shape_text(shape) +
                "; head_dim, its last, is at most " + std::to_string(kMaxHeadDim));
  return array;
}

Arrays open_arrays(const File& file, const std::string& layer) {
  const std::vector<Member> members = read_directory(file);
  Arrays arrays{open_array(file, members, layer, "q"),
                open_array(file, members, layer, "k"),
                open_array(file, members, layer, "v"),
                {}};
  const std::vector<int64_t>&q = arrays.q.header().shape, &k = arrays.k.header().shape,
        &v = arrays.v.header().shape;
  const auto told = [&](const char* tensor, const std::vector<int64_t>& shape) {
    return array_name(layer, tensor) + " has the shape " + shape_text(shape);
  };
  if (k != v) file.refuse(told("k", k) + " and " + told("v", v) + "; they must be alike");
  for (const size_t dim : {size_t{0}, size_t{2}, size_t{3}})
    if (q[dim] != k[dim])
      file.refuse(told("q", q) + " and " + told("k", k) +
                  "; they may differ in the number of heads only");
  if (q[1] % k[1] != 0)
    file.refuse(told("q", q) + " and " + told("k", k) + "; the heads of q (" +
                std::to_string(q[1]) + ") must be a multiple of those of k (" +
                std::to_string(k[1]) + ")");
  arrays.shape = {q[0], q[1], k[1], q[2], q[3]};
  return arrays;
}

void require_finite(const File& file, ArrayReader& array, const std::string& name) {
  const std::vector<int64_t>& shape = array.header().shape;
  std::vector<float> row(static_cast<size_t>(shape[3]));
  for (int64_t b = 0; b < shape[0]; ++b)
    for (int64_t h = 0; h < shape[1]; ++h)
      for (int64_t i = 0; i < shape[2]; ++i) {
        array.read(row);
        const auto bad =
            std::find_if_not(row.begin(), row.end(), [](float x) { return std::isfinite(x); });
        if (bad == row.end()) continue;
        file.refuse("its array '" + name + "' holds " +
                    (std::isnan(*bad) ? "a NaN" : "an infinity") + " at " +
                    shape_text({b, h, i, bad - row.begin()}) + "; all values must be finite");
      }
}

/// Of every head, reads `len` rows from row `first` on.
void read_rows(ArrayReader& array, int64_t first, int64_t len, float* out) {
  const std::vector<int64_t>& shape = array.header().shape;
  const int64_t dim = shape[3];
  for (int64_t head = 0; head < shape[0] * shape[1]; ++head) {
    array.skip(first * dim);
    array.read({out + head * len * dim, static_cast<size_t>(len * dim)});
    array.skip((shape[2] - first - len) * dim);
  }
}

}  // namespace

QkvShape check_qkv(const std::string& path, const std::string& layer) {
  const File file(path);
  Arrays arrays = open_arrays(file, layer);
  require_finite(file, arrays.q, array_name(layer, "q"));
  require_finite(file, arrays.k, array_name(layer, "k"));
  require_finite(file, arrays.v, array_name(layer, "v"));
  return arrays.shape;
}

void read_qkv(const std::string& path, const std::string& layer, const Problem& p, float* q,
              float* k, float* v) {
  const File file(path);
  Arrays arrays = open_arrays(file, layer);
  const QkvShape& s = arrays.shape;
  if (s.batch != p.batch || s.heads != p.heads || s.kv_heads != p.kv_heads ||
      s.head_dim != p.head_dim || p.kv_len > s.len || p.q_len > p.kv_len)
    file.refuse("does not hold the inputs of this case");
  read_rows(arrays.q, p.kv_len - p.q_len, p.q_len, q);
  read_rows(arrays.k, 0, p.kv_len, k);
  read_rows(arrays.v, 0, p.kv_len, v);
}

}  // namespace attnbench::npz
