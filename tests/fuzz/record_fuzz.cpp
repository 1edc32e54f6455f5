// Fuzzes the reader of run.json: any text is a run that can be reported, or a RecordError.
#include "fuzz/fuzz.h"
#include "record/json.h"
#include "report/files.h"

using namespace attnbench;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  record::Run run;
  try {
    run = record::run_from_text(std::string(reinterpret_cast<const char*>(data), size), "run.json");
  } catch (const record::RecordError&) {
    return 0;
  }
  record::run_from_text(record::run_to_text(run), "written.json");
  report::report_files(run);
  return 0;
}
