// Names each record's fields once, for writing and reading. The visitors find these functions by
// their namespace.
#pragma once

#include "record/json_visitors.h"

namespace attnbench::record::visit {

template <class Visitor>
void fields(Visitor& v, Term& t) {
  v("power", t.power);
  v("log_power", t.log_power);
  v("factor", t.factor);
  v("what", t.what);
}

/// Programs that are older than sums read the powers of the leading term.
template <class Visitor>
void fields(Visitor& v, Growth& g) {
  v("power", g.terms.front().power);
  v("log_power", g.terms.front().log_power);
  const Term& first = g.leading();
  v.unless("terms", g.terms, !g.is_sum() && first.factor == 1 && first.what.empty());
}

template <class Visitor>
void fields(Visitor& v, Theory& t) {
  v("time", t.time);
  v("memory", t.memory);
}

template <class Visitor>
void fields(Visitor& v, Case& c) {
  v("id", c.id);
  v("variant", c.variant);
  v("label", c.label);
  v("kind", c.kind);
  v("params", c.params);
  for (const Axis& axis : axes())
    if (axis.recorded && axis.group != AxisGroup::kRun) v(axis, c);
  v("q_len_follows", c.q_len_follows);
  for (const Axis& axis : axes())
    if (axis.recorded && axis.group == AxisGroup::kRun) v(axis, c);
  v("pairs", c.pairs);
  v("flops", c.flops);
  v("traffic_bytes", c.traffic_bytes);
  v.optional("steps", c.steps);
  v.optional("path", c.path);
  v.unless_empty("path_reason", c.path_reason);
  v("input_bytes", c.input_bytes);
  v("output_bytes", c.output_bytes);
  v("workspace_bytes", c.workspace_bytes);
  v.unless_zero("saved_bytes", c.saved_bytes);
  v("theory", c.theory);
  v("outcome", c.outcome);
  v("reason", c.reason);
  v.unless_empty("details", c.details);
  v.optional("retry", c.retry);
}

template <class Visitor>
void fields(Visitor& v, Noise& n) {
  v("load_1min", n.load_1min);
  v("involuntary_switches", n.involuntary_switches);
  v("steal_s", n.steal_s);
  v("cpu_pressure_s", n.cpu_pressure_s);
  v("cpu_mhz", n.cpu_mhz);
  v("fma_gflops", n.fma_gflops);
  v("issue_share", n.issue_share);
  v("stream_gbs", n.stream_gbs);
  v("read_gbs", n.read_gbs);
  v.optional("bf16_gflops", n.bf16_gflops);
}

template <class Visitor>
void fields(Visitor& v, Counters& c) {
  v("cycles", c.cycles);
  v("instructions", c.instructions);
  v("llc_misses", c.llc_misses);
}

template <class Visitor>
void fields(Visitor& v, Sample& s) {
  v("round", s.round);
  v("time_s", s.time_s);
  v("cpu_s", s.cpu_s);
  v("iterations", s.iterations);
  v("first_call_s", s.first_call_s);
  v("worker_s", s.worker_s);
  v.unless_none("setup_s", s.setup_s);
  v.unless_none("empty_call_s", s.empty_call_s);
  v("noise", s.noise);
  v("counters", s.counters);
}

template <class Visitor>
void fields(Visitor& v, Check& c) {
  v("rows_checked", c.rows_checked);
  v("worst_error", c.worst_error);
  v("worst_error_over_bound", c.worst_error_over_bound);
  v("visible_error", c.visible_error);
  v.optional("rows_sharp", c.rows_sharp);
  v.optional("rows_counted", c.rows_counted);
  v.optional("differing_outputs", c.differing_outputs);
  v.optional("output_digest", c.output_digest);
}

template <class Visitor>
void fields(Visitor& v, ProbePoint& p) {
  v("distance", p.distance);
  v("pairs", p.pairs);
  v("value", p.value);
  v("low", p.low);
  v("high", p.high);
}

template <class Visitor>
void fields(Visitor& v, Probe& p) {
  v("name", p.name);
  v("seeds", p.seeds);
  v("reason", p.reason);
}

template <class Visitor>
void fields(Visitor& v, Quality& q) {
  v("rows", q.rows);
  v("relative_error", q.relative_error);
  v("worst_head_error", q.worst_head_error);
  v("worst_head", q.worst_head);
  v("cosine", q.cosine);
  v("mass_recall", q.mass_recall);
  v.optional("untrained", q.untrained);
  v("reason", q.reason);
}

template <class Visitor>
void fields(Visitor& v, Memory& m) {
  v("heap_peak_bytes", m.heap_peak_bytes);
  v("heap_peak_reason", m.heap_peak_reason);
  v("resident_peak_bytes", m.resident_peak_bytes);
  v("resident_peak_reason", m.resident_peak_reason);
  v.optional("huge_page_bytes", m.huge_page_bytes);
}

template <class Visitor>
void fields(Visitor& v, Ceiling& c) {
  v("threads", c.threads);
  v("fma_gflops", c.fma_gflops);
  v("stream_gbs", c.stream_gbs);
  v.optional("read_gbs", c.read_gbs);
  v.optional("bf16_gflops", c.bf16_gflops);
  v.optional("int8_gops", c.int8_gops);
  v.optional("pages", c.pages);
  v("parallel_region_s", c.parallel_region_s);
}

template <class Visitor>
void fields(Visitor& v, Machine& m) {
  v("cpu", m.cpu);
  v("cores", m.cores);
  v("memory_bytes", m.memory_bytes);
  v("l1d_bytes", m.l1d_bytes);
  v("l2_bytes", m.l2_bytes);
  v("l3_bytes", m.l3_bytes);
  v("os", m.os);
  v("kernel", m.kernel);
  v("hostname", m.hostname);
}

template <class Visitor>
void fields(Visitor& v, Build& b) {
  v("compiler", b.compiler);
  v("flags", b.flags);
  v("march", b.march);
  v("isa", b.isa);
  v("build_type", b.build_type);
  v("git_commit", b.git_commit);
  v("openmp", b.openmp);
  v("build_id", b.build_id);
}

template <class Visitor>
void fields(Visitor& v, Plugin& p) {
  v("path", p.path);
  v("sha256", p.sha256);
  v("compiler", p.compiler);
  v("flags", p.flags);
  v("build_type", p.build_type);
}

template <class Visitor>
void fields(Visitor& v, VariantFile& f) {
  v("path", f.path);
  v("sha256", f.sha256);
  v("plugin_sha256", f.plugin_sha256);
  v("versions", f.versions);
}

template <class Visitor>
void fields(Visitor& v, Conditions& c) {
  v("governor", c.governor);
  v("turbo", c.turbo);
  v("affinity", c.affinity);
  v("transparent_huge_pages", c.transparent_huge_pages);
  v("cgroup_cpus", c.cgroup_cpus);
  v("cgroup_memory_bytes", c.cgroup_memory_bytes);
  v("counters", c.counters);
}

template <class Visitor>
void fields(Visitor& v, NoiseFloorCase& c) {
  v("name", c.name);
  v("median_a_s", c.median_a_s);
  v("median_b_s", c.median_b_s);
  v("samples", c.samples);
  v("floor", c.floor);
}

template <class Visitor>
void fields(Visitor& v, NoiseFloor& n) {
  v("cpu", n.cpu);
  v("cores", n.cores);
  v("hostname", n.hostname);
  v("measured_utc", n.measured_utc);
  v("floor", n.floor);
  v.optional("drift_sd", n.drift_sd);
  v.optional("runs", n.runs);
  v.optional("pause_s", n.pause_s);
}

template <class Visitor>
void fields(Visitor& v, LargestFit& f) {
  v("series", f.series);
  v("seq_len", f.seq_len);
  v.optional("batch", f.batch);
}

template <class Visitor>
void fields(Visitor& v, Pattern& p) {
  v("case", p.case_id);
  v("cells", p.cells);
}

template <class Visitor>
void fields(Visitor& v, Undrawn& u) {
  v("case", u.case_id);
  v("reason", u.reason);
}

template <class Visitor>
void fields(Visitor& v, SentenceView& s) {
  v("case", s.case_id);
  v("visible", s.visible);
  v.unless_empty("drawn_params", s.drawn_params);
}

template <class Visitor>
void fields(Visitor& v, TopMass& t) {
  v("share", t.share);
  v("mass", t.mass);
}

template <class Visitor>
void fields(Visitor& v, NearMass& n) {
  v("keys", n.keys);
  v("mass", n.mass);
}

template <class Visitor>
void fields(Visitor& v, InputStatistics& s) {
  v("case", s.case_id);
  v("rows", s.rows);
  v("first_query", s.first_query);
  v("keys", s.keys);
  v("entropy", s.entropy);
  v("effective_keys", s.effective_keys);
  v("effective_keys_low", s.effective_keys_low);
  v("effective_keys_high", s.effective_keys_high);
  v("effective_share", s.effective_share);
  v("first_key_mass", s.first_key_mass);
  v("first_key_mass_least", s.first_key_mass_least);
  v("first_key_mass_most", s.first_key_mass_most);
  v("key_mean", s.key_mean);
  v("first_key_norm", s.first_key_norm);
}

template <class Visitor>
void fields(Visitor& v, Run& r) {
  v("name", r.name);
  v("description", r.description);
  v("baseline", r.baseline);
  v("seed", r.seed);
  v("rounds", r.rounds);
  v("shard", r.shard);
  v("shards", r.shards);
  v("memory_limit_bytes", r.memory_limit_bytes);
  v("started_utc", r.started_utc);
  v("finished_utc", r.finished_utc);
  v("interrupted", r.interrupted);
}

}  // namespace attnbench::record::visit
