#!/bin/sh
# A fake worker: the variant's name in the task says how it behaves. Facts go to descriptor 3.
read -r task
field() { printf '%s' "$task" | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }
mode=$(field mode) variant=$(field variant) round=$(field round) kv_len=$(field kv_len)
say() { printf '%s\n' "$1" >&3; }
check() { say '{"fact":"check","rows_checked":4,"worst_error":1e-7,"worst_error_over_bound":0.1}'; }
sample() {
  say "{\"fact\":\"sample\",\"round\":$round,\"time_s\":0.001,\"cpu_s\":0.002,\"iterations\":3,\"first_call_s\":0.01}"
}
statistics='{"fact":"input_statistics","case":0,"rows":64,"first_query":0,"keys":1,"entropy":0,"effective_keys":1,"effective_share":1,"first_key_mass":1,"first_key_mass_least":1,"first_key_mass_most":1,"top":[],"near":[]}'
inputs=
asked=$(printf '%s' "$task" | sed -n 's/.*"behaviour":{[^}]*"name":"\([^"]*\)".*/\1/p')
probe() {
  say "{\"fact\":\"probe\",\"name\":\"$1\",\"seeds\":2,\"reason\":\"\",\"points\":[{\"distance\":1,\"pairs\":0,\"value\":0.5,\"low\":0.25,\"high\":${2:-0.75}}]}"
}
answer() {
  if [ "$mode" = probe ]; then
    say '{"fact":"memory","heap_peak_bytes":0,"heap_peak_reason":"","resident_peak_bytes":4096,"resident_peak_reason":""}'
    check
    if [ "$inputs" ] && [ "$(field describe_inputs)" = true ]; then say "$inputs"; fi
    say '{"fact":"calibration","iterations":3}'
  elif [ "$mode" = behaviour ]; then
    probe "$asked"
  elif [ "$mode" = round ]; then
    check
    sample
  else
    say "{\"fact\":\"ceiling\",\"threads\":$(field threads),\"fma_gflops\":100,\"stream_gbs\":20,\"parallel_region_s\":1e-6}"
  fi
  say '{"fact":"done"}'
}
# Longer than the time-out of those tests.
stop_for_a_while() { { sleep 2.5; kill -CONT $$; } & kill -STOP $$; }
if [ "$mode" = ceiling ]; then answer; exit; fi
case $variant,$mode in # How it makes a probe of behaviour.
  probe_dies,behaviour) kill -SEGV $$ ;;
  probe_is_killed,behaviour) kill -KILL $$ ;;
  probe_is_malformed,behaviour)
    # Its second fact is that of a probe whose value is above `high`.
    if [ "$asked" = recall ]; then probe recall; else probe influence 0.3; fi
    say '{"fact":"sample","round":0}'; say '{"fact":"done"}' ;;
  probe_is_another,behaviour) probe memory; say '{"fact":"done"}' ;;
  probe_answers_twice,behaviour) probe "$asked"; probe "$asked"; say '{"fact":"done"}' ;;
  probe_is_stopped,behaviour) if [ "$asked" = influence ]; then stop_for_a_while; fi; answer ;;
  probe_hangs_from_200,behaviour)
    : >>"$FAKE_WORKER_FOLDER/$asked.$kv_len"
    if [ "$asked" = influence ] && [ "$kv_len" -ge 200 ]; then sleep 1000; else answer; fi ;;
  probe_*) answer ;;
esac
case $variant in
  good) answer ;;
  knows_inputs) inputs=$statistics; answer ;;
  segfaults) kill -SEGV $$ ;;
  aborts) echo 'free(): invalid pointer' >&2; kill -ABRT $$ ;;
  exits_silently) exit 0 ;;
  exits_with_7) answer; exit 7 ;;
  hangs) sleep 1000 ;;
  leaves_a_child) sleep 1000 & answer ;;
  is_judged_once)
    if [ "$mode" = probe ]; then
      say '{"fact":"check","rows_checked":4,"worst_error":1e-7,"worst_error_over_bound":0.1,"output_digest":"0123456789abcdef"}'
      say '{"fact":"calibration","iterations":3}'
    elif [ "$(field judged_digest)" = 0123456789abcdef ]; then sample
    else say '{"fact":"invalid","reason":"the judged digest did not come"}'
    fi
    say '{"fact":"done"}' ;;
  calls) # Its length is also the number of calls that it calibrates.
    if [ "$mode" = probe ]; then check; say "{\"fact\":\"calibration\",\"iterations\":$kv_len}"
    else sample; fi
    say '{"fact":"done"}' ;;
  prints_garbage) say 'not json' ; say '{"fact":"done"}' ;;
  sends_unknown_fact) say '{"fact":"weather"}'; say '{"fact":"done"}' ;;
  sends_malformed_sample)
    if [ "$mode" = probe ]; then answer; else say '{"fact":"sample","round":"x"}'; say '{"fact":"done"}'; fi ;;
  done_without_facts) say '{"fact":"done"}' ;;
  prints_a_megabyte) head -c 1000000 /dev/zero | tr '\0' 'x'; head -c 1000000 /dev/zero | tr '\0' 'y' >&2; answer ;;
  floods_facts) while :; do say '{"fact":"check","rows_checked":4,"worst_error":1e-7,"worst_error_over_bound":0.1}'; done ;;
  tells_memory) say "{\"fact\":\"failed\",\"reason\":\"$(field address_space_bytes)\"}"; say '{"fact":"done"}' ;;
  is_wrong) say '{"fact":"invalid","reason":"row 3 is wrong"}'; say '{"fact":"done"}' ;;
  dies_in_round_1)
    if [ "$mode" = round ] && [ "$round" = 1 ]; then kill -KILL $$; else answer; fi ;;
  is_stopped_once)
    if [ "$mode" = probe ] || [ -e "$FAKE_WORKER_FOLDER/stopped" ]; then answer
    else : >"$FAKE_WORKER_FOLDER/stopped"; stop_for_a_while; answer; fi ;;
  is_stopped_always) stop_for_a_while; answer ;;
  is_killed) kill -KILL $$ ;;
  is_terminated_once)
    if [ -e "$FAKE_WORKER_FOLDER/terminated" ]; then answer
    else : >"$FAKE_WORKER_FOLDER/terminated"; kill -TERM $$; fi ;;
  prints_bad_alloc_and_is_killed) echo 'caught a bad_alloc, going on' >&2; kill -KILL $$ ;;
  hangs_from_200) if [ "$kv_len" -ge 200 ]; then sleep 1000; else answer; fi ;;
  out_of_memory_from_200)
    if [ "$kv_len" -ge 200 ]; then
      say '{"fact":"failed","reason":"out of memory: workspace"}'; say '{"fact":"done"}'
    else answer; fi ;;
esac
