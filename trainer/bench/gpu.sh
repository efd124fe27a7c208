#!/usr/bin/env bash
# All that is to be measured on a GPU, within nine minutes: correctness first, then speed, then the shipped models.
#
#   OUT=results STORE=sqlite:///cj.db trainer/bench/gpu.sh
#
# OUT      folder of the results, one log a part; what is finished there is not done again
# STORE    of the demo's data; without it no shipped model is trained
# DEVICE   cuda, or cpu to see that it runs
# PARTS    facts correctness training scoring models, or some of them
# QUICK    --quick: tiny sizes
# PYTHON   of the project's environment
set -u
OUT=${OUT:?name a folder for the results: OUT=results}
DEVICE=${DEVICE:-cuda} PYTHON=${PYTHON:-python} STORE=${STORE:-} QUICK=${QUICK:-}
PARTS=${PARTS:-facts correctness training scoring models}
MODELS=${MODELS:-din base din-softmax din-counts din-paper dot base-sum base-decay dien}
mkdir -p "$OUT"
failed=0

# part NAME SECONDS COMMAND...: run it once, within its time, with its log in OUT.
part() {
    local name=$1 limit=$2
    shift 2
    [[ -e $OUT/$name.done ]] && return
    echo "$name"
    if timeout "$limit" "$@" >"$OUT/$name.log" 2>&1; then
        touch "$OUT/$name.done"
    else
        echo "$name failed or took more than $limit s: $(tail -n 1 "$OUT/$name.log")"
        failed=1
    fi
}

facts() {
    "$PYTHON" -c 'import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available())'
    command -v nvidia-smi >/dev/null && nvidia-smi
    true
}

# same_scores STORE CHECKPOINT: probabilities on DEVICE and on the CPU differ by at most 1e-4.
same_scores() {
    local device
    for device in "$DEVICE" cpu; do
        "$PYTHON" -m trainer evaluate --store "$1" --checkpoint "$2" --split valid --device "$device" \
            --predictions "$2-$device.parquet" --json || return 1
    done
    "$PYTHON" - "$2-$DEVICE.parquet" "$2-cpu.parquet" <<'PYTHON'
import sys

import pandas as pd

one, other = (pd.read_parquet(path)["probability"] for path in sys.argv[1:])
difference = (one - other).abs().max()
print(f"probabilities differ by at most {difference:.2e}")
sys.exit(difference > 1e-4)
PYTHON
}

correctness() {
    local store=sqlite:///$OUT/planted.db
    "$PYTHON" -m trainer planted --out "$OUT/planted" --users 300 --overwrite &&
        "$PYTHON" -m trainer ingest "$OUT/planted" --store "$store" --replace &&
        for model in din base dien; do
            "$PYTHON" -m trainer train --store "$store" --model "$model" --epochs 1 --device "$DEVICE" --restart \
                --out "$OUT/planted-$model" && same_scores "$store" "$OUT/planted-$model" || return 1
        done
}

trained() {
    [[ -e $OUT/checkpoints/$1 ]] ||
        "$PYTHON" -m trainer train --store "$STORE" --model "$1" --device "$DEVICE" --out "$OUT/checkpoints/$1" &&
        same_scores "$STORE" "$OUT/checkpoints/$1"
}

bench() { "$PYTHON" -m trainer bench --device "$DEVICE" --only "$1" --out "$OUT/$1" $QUICK; }

export -f facts same_scores correctness trained bench
export OUT DEVICE PYTHON STORE QUICK
for name in $PARTS; do
    case $name in
    facts) part facts 20 bash -c facts ;;
    correctness) part correctness 90 bash -c correctness ;;
    training) part training 100 bash -c 'bench machine,training' ;;
    scoring) part scoring 110 bash -c 'bench device' ;;
    models)
        [[ -n $STORE ]] || continue
        for model in $MODELS; do part "model-$model" 200 bash -c "trained $model"; done
        ;;
    *) echo "there is no part $name" && failed=1 ;;
    esac
done
exit $failed
