// Measures hnswlib for `reelrank bench retrieve`: the program compiles this on
// demand where hnswlib's header and g++ are installed.
//
//   hnsw VECTORS N DIM INDEX QUERIES
//
// VECTORS and QUERIES hold float32 rows; INDEX is read where it exists, and is
// else built on two threads and written. Each line "EF K KIND KINDS" on the standard
// input asks the queries of one kind, of so many equal parts of QUERIES. It
// is answered by the numbers found for every query, a line each, and a last line
// with queries per second and the 50th and 99th percentile in nanoseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "hnswlib/hnswlib.h"

static const size_t links = 16, buildEffort = 200, buildThreads = 2;

static double seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

static std::vector<float> readFloats(const char *path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path);
    std::exit(1);
  }
  std::vector<float> x(size_t(in.tellg()) / sizeof(float));
  in.seekg(0);
  in.read(reinterpret_cast<char *>(x.data()), std::streamsize(x.size() * sizeof(float)));
  return x;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  const size_t n = std::strtoull(argv[2], nullptr, 10), dim = std::strtoull(argv[3], nullptr, 10);
  hnswlib::InnerProductSpace space(dim);
  hnswlib::HierarchicalNSW<float> *index;
  double built = 0;
  if (std::ifstream(argv[4]).good()) {
    index = new hnswlib::HierarchicalNSW<float>(&space, argv[4]);
    std::ifstream(std::string(argv[4]) + ".seconds") >> built;
  } else {
    std::vector<float> vectors = readFloats(argv[1]);
    index = new hnswlib::HierarchicalNSW<float>(&space, n, links, buildEffort);
    auto start = std::chrono::steady_clock::now();
    index->addPoint(vectors.data(), 0);
    std::vector<std::thread> threads;
    for (size_t t = 0; t < buildThreads; t++)
      threads.emplace_back([&, t] {
        for (size_t i = 1 + t; i < n; i += buildThreads) index->addPoint(vectors.data() + i * dim, i);
      });
    for (auto &t : threads) t.join();
    built = seconds(start);
    index->saveIndex(argv[4]);
    std::ofstream(std::string(argv[4]) + ".seconds") << built;
  }
  std::printf("%f\n", built);
  std::fflush(stdout);

  std::vector<float> queries = readFloats(argv[5]);
  const size_t asked = queries.size() / dim;
  size_t ef, k, kind, kinds;
  while (std::scanf("%zu %zu %zu %zu", &ef, &k, &kind, &kinds) == 4) {
    index->setEf(std::max(ef, k));
    const size_t from = asked * kind / kinds, to = asked * (kind + 1) / kinds;
    std::vector<double> took;
    for (size_t q = from; q < to; q++) {
      auto start = std::chrono::steady_clock::now();
      auto found = index->searchKnn(queries.data() + q * dim, k);
      took.push_back(seconds(start));
      for (; !found.empty(); found.pop()) std::printf("%zu ", size_t(found.top().second));
      std::printf("\n");
    }
    std::sort(took.begin(), took.end());
    double sum = 0;
    for (double t : took) sum += t;
    std::printf("%f %.0f %.0f\n", double(took.size()) / sum, took[took.size() / 2] * 1e9, took[took.size() * 99 / 100] * 1e9);
    std::fflush(stdout);
  }
}
