// Fuzzes the reader of journals: any text is a run that can be reported, or a RecordError.
#include "fuzz/fuzz.h"
#include "report/files.h"
#include "run/journal.h"

using namespace attnbench;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  record::Run run;
  try {
    run = run::replay_text({reinterpret_cast<const char*>(data), size}, "journal.jsonl").run;
  } catch (const record::RecordError&) {
    return 0;
  }
  record::run_from_text(record::run_to_text(run), "written.json");
  report::report_files(run);
  return 0;
}
