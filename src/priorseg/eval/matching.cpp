#include "priorseg/eval/matching.h"

#include <algorithm>
#include <deque>
#include <string>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

constexpr int64_t kNone = -1;

/// What an alternating path changes: first the number of pairs counts, then the sum of IoU.
struct Gain {
  int64_t pairs = 0;
  double iou = 0;
};

bool better(const Gain& a, const Gain& b) {
  // The tolerance keeps rounding from walking around a cycle for ever.
  return a.pairs != b.pairs ? a.pairs > b.pairs : a.iou > b.iou + 1e-12;
}

/// Maximum matching with the greatest sum of IoU. True objects are added one by one; the matching of those
/// added so far is kept optimal by the best alternating path that starts at the new one.
class WeightedMatching {
 public:
  struct Edge {
    int64_t predicted;
    double iou;
  };

  WeightedMatching(int64_t num_truth, int64_t num_predicted)
      : edges_(num_truth),
        partner_(num_truth, Edge{kNone, 0}),
        taken_by_(num_predicted, kNone),
        gain_(num_truth),
        parent_(num_truth, kNone),
        reached_(num_truth, false) {}

  void add_edge(int64_t truth, int64_t predicted, double iou) { edges_[truth].push_back({predicted, iou}); }

  std::vector<MatchedPair> solve() {
    const auto num_truth = static_cast<int64_t>(edges_.size());
    for (int64_t truth = 0; truth < num_truth; ++truth) {
      if (!edges_[truth].empty()) insert(truth);
    }
    std::vector<MatchedPair> result;
    for (int64_t truth = 0; truth < num_truth; ++truth) {
      const Edge& edge = partner_[truth];
      if (edge.predicted != kNone) result.push_back({truth, edge.predicted, edge.iou});
    }
    return result;
  }

 private:
  /// How a path ends: `truth` takes the free `edge`, or loses its partner where `edge` names none.
  struct End {
    int64_t truth;
    Edge edge;
    Gain gain;
  };

  void insert(int64_t start) {
    End best{start, {kNone, 0}, {}};
    std::vector<int64_t> touched;
    std::deque<int64_t> queue;
    reach(start, kNone, {}, touched, queue);
    while (!queue.empty()) {
      const int64_t truth = queue.front();
      queue.pop_front();
      // gain_ is the gain if `truth` goes without a partner; it may rise while `truth` waits in the queue.
      if (better(gain_[truth], best.gain)) best = {truth, {kNone, 0}, gain_[truth]};
      for (const Edge& edge : edges_[truth]) {
        if (edge.predicted == partner_[truth].predicted) continue;
        const Gain with_edge{gain_[truth].pairs + 1, gain_[truth].iou + edge.iou};
        const int64_t owner = taken_by_[edge.predicted];
        if (owner == kNone) {
          if (better(with_edge, best.gain)) best = {truth, edge, with_edge};
        } else {
          reach(owner, truth, {with_edge.pairs - 1, with_edge.iou - partner_[owner].iou}, touched, queue);
        }
      }
    }
    apply(best);
    for (const int64_t truth : touched) reached_[truth] = false;
  }

  void reach(int64_t truth, int64_t parent, const Gain& gain, std::vector<int64_t>& touched,
             std::deque<int64_t>& queue) {
    if (reached_[truth] && !better(gain, gain_[truth])) return;
    if (!reached_[truth]) touched.push_back(truth);
    reached_[truth] = true;
    gain_[truth] = gain;
    parent_[truth] = parent;
    queue.push_back(truth);
  }

  void apply(const End& end) {
    Edge given = end.edge;
    for (int64_t truth = end.truth; truth != kNone; truth = parent_[truth]) {
      const int64_t freed = partner_[truth].predicted;
      partner_[truth] = given;
      if (given.predicted != kNone) taken_by_[given.predicted] = truth;
      // The parent on the path takes what this object gives up.
      if (parent_[truth] != kNone) given = edge_between(parent_[truth], freed);
    }
  }

  const Edge& edge_between(int64_t truth, int64_t predicted) const {
    return *std::find_if(edges_[truth].begin(), edges_[truth].end(),
                         [&](const Edge& edge) { return edge.predicted == predicted; });
  }

  std::vector<std::vector<Edge>> edges_;  // by truth
  std::vector<Edge> partner_;             // by truth
  std::vector<int64_t> taken_by_;         // by predicted
  std::vector<Gain> gain_;                // by truth, valid where reached_
  std::vector<int64_t> parent_;           // by truth, valid where reached_
  std::vector<bool> reached_;
};

/// Maximum matching of a graph that grows by one edge at a time.
class GrowingMatching {
 public:
  GrowingMatching(int64_t num_truth, int64_t num_predicted) : truth_(num_truth), predicted_(num_predicted) {}

  /// @return whether the maximum grew.
  bool add_edge(int64_t truth, int64_t predicted) {
    truth_.neighbours[truth].push_back(predicted);
    predicted_.neighbours[predicted].push_back(truth);
    if (full()) return false;
    // The matching was maximal, so a longer one must use the new edge: both its ends have to be made free.
    if (!find_free(truth_, predicted_, truth) || !find_free(predicted_, truth_, predicted)) return false;
    free_vertex(truth_, predicted_, truth);
    free_vertex(predicted_, truth_, predicted);
    truth_.partner[truth] = predicted;
    predicted_.partner[predicted] = truth;
    ++size_;
    return true;
  }

  bool full() const {
    return size_ == std::min<int64_t>(std::ssize(truth_.partner), std::ssize(predicted_.partner));
  }

 private:
  struct Side {
    explicit Side(int64_t size)
        : neighbours(size), partner(size, kNone), parent(size, kNone), visit(size, 0) {}
    std::vector<std::vector<int64_t>> neighbours;  // on the other side
    std::vector<int64_t> partner;                  // on the other side, or kNone
    std::vector<int64_t> parent;                   // on this side: whence the last search came
    std::vector<int64_t> visit;                    // number of the last search that came here
    int64_t searches = 0;
    int64_t found = kNone;  // free vertex at which the last search ended
  };

  /// Looks for an alternating path within `side` from `start` to a free vertex.
  static bool find_free(Side& side, const Side& other, int64_t start) {
    const int64_t search = ++side.searches;
    std::deque<int64_t> queue{start};
    side.visit[start] = search;
    side.parent[start] = kNone;
    while (!queue.empty()) {
      const int64_t vertex = queue.front();
      queue.pop_front();
      if (side.partner[vertex] == kNone) {
        side.found = vertex;
        return true;
      }
      for (const int64_t next : other.neighbours[side.partner[vertex]]) {
        if (side.visit[next] == search) continue;
        side.visit[next] = search;
        side.parent[next] = vertex;
        queue.push_back(next);
      }
    }
    return false;
  }

  /// Hands partners on along the path that find_free found, so that its start becomes free.
  static void free_vertex(Side& side, Side& other, int64_t start) {
    for (int64_t vertex = side.found; vertex != start; vertex = side.parent[vertex]) {
      const int64_t handed_on = side.partner[side.parent[vertex]];
      side.partner[vertex] = handed_on;
      other.partner[handed_on] = vertex;
    }
    side.partner[start] = kNone;
  }

  Side truth_;
  Side predicted_;
  int64_t size_ = 0;
};

}  // namespace

std::vector<MatchedPair> match_objects(const LabelOverlaps& overlaps, double threshold) {
  if (!(threshold > 0 && threshold <= 1)) {
    throw Error("the IoU threshold is " + std::to_string(threshold) + ", expected more than 0 and at most 1");
  }
  WeightedMatching matching(overlaps.num_truth(), overlaps.num_predicted());
  for (const auto& pair : overlaps.pairs) {
    const double iou = overlaps.iou(pair);
    if (iou >= threshold - kIouTolerance) matching.add_edge(pair.truth, pair.predicted, iou);
  }
  return matching.solve();
}

std::vector<double> match_drops(const LabelOverlaps& overlaps) {
  std::vector<std::pair<double, const LabelOverlaps::Pair*>> descending;
  for (const auto& pair : overlaps.pairs) descending.emplace_back(overlaps.iou(pair), &pair);
  std::stable_sort(descending.begin(), descending.end(),
                   [](const auto& left, const auto& right) { return left.first > right.first; });
  GrowingMatching matching(overlaps.num_truth(), overlaps.num_predicted());
  std::vector<double> drops;
  for (const auto& [iou, pair] : descending) {
    if (matching.full()) break;
    if (matching.add_edge(pair->truth, pair->predicted)) drops.push_back(iou);
  }
  return drops;
}

}  // namespace priorseg
