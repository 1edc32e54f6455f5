// One sweep over several machines: its cases dealt to shards, and the shards' records joined.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::run {

/// Part `index` (from 1) of `count`.
struct Shard {
  int index = 1;
  int count = 1;
};

/// Reads "2/8". Throws config::ConfigError.
Shard parse_shard(const std::string& text);

/// Makes `run` one shard: it keeps the whole plan, and the cases of the other shards are skipped
/// with that reason. Cases are dealt diagonally over series and sizes, so that each shard gets its
/// share of the long cases.
void take_shard(record::Run& run, const Shard& shard);

/// A shard's record and where it was found.
struct ShardRecord {
  std::string run_dir;
  record::Run run;
};

/// Joins all shards of one sweep into the record of the whole. Throws record::RecordError with all
/// reasons against it: a different config, program or machine type, or an unfinished, doubled or
/// missing shard.
record::Run merge(std::vector<ShardRecord> shards);

}  // namespace attnbench::run
