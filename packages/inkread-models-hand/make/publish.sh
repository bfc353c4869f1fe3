#!/bin/sh
# Makes the package of a run: publish.sh RUN LITTRE, in the folder where the run was begun. LITTRE: XMLittre.dict.dz.
# `inkread` (or the command in INKREAD), its extra `train` and pyspellchecker must be there. Weights, n-grams, card and
# figures are put into the package; what was there is replaced once all of it is right.
set -eu
[ $# -eq 2 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
package=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python "$package/make/ngrams.py" "$1" data "$2" "$folder/latin.npz"
${INKREAD:-inkread} train publish "$1" "$folder/model" --name latin_hand --license CC-BY-4.0 --languages fr,en,de,es,it,pt,nl --last \
  --ngrams "$folder/latin.npz" \
  --trained-on "Copiste d'un jour (BAnQ), CC-BY-4.0, banq-dcn/Copiste-d-un-jour @ a3636d2e151b" \
  --trained-on "Peraire ground truth, CC-BY-4.0, alix-tz/peraire-ground-truth @ 61b321ed05fc" \
  --trained-on "Testaments de Poilus, CC-BY-4.0, HTR-United/CREMMA-AN-TestamentDePoilus @ 6d66f248d349" \
  --trained-on "rendered lines, fonts OFL-1.1 and Apache-2.0, texts public domain and MIT"

size=$(wc -c <"$folder/model/latin_hand.onnx")
if [ "$size" -gt 12000000 ]; then
  echo "latin_hand.onnx has $size bytes, more than 12 MB" >&2
  exit 1
fi
cp "$folder/model/latin_hand.onnx" "$folder/model/latin_hand.npz" "$folder/model/card.yaml" "$package/src/inkread_models_hand/"
cp "$folder/model/README.md" "$package/FIGURES.md"
echo "$package: latin_hand.onnx ($size bytes), latin_hand.npz, card.yaml, FIGURES.md"
