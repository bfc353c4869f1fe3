#!/bin/sh
# Have a picture read: ocr.sh PICTURE MARKED. With curl and jq.
set -eu
url=${INKREAD_URL:-http://127.0.0.1:8080}
# Headers from a file, so that a token is in no list of processes.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "Content-Type: application/json" >"$folder/headers"
if [ -n "${INKREAD_TOKEN:-}" ]; then
  echo "Authorization: Bearer $INKREAD_TOKEN" >>"$folder/headers"
fi
status=$(
  base64 "$1" | tr -d '\n' | jq --raw-input --slurp '{image: .}' |
    curl --silent --show-error --max-time 120 --header "@$folder/headers" --data-binary @- \
      --output "$folder/reply" --write-out '%{http_code}' "$url/ocr"
)
if [ "$status" != 200 ]; then
  jq --raw-output .errorMsg "$folder/reply" >&2
  exit 1
fi
jq --raw-output '.result.texts[] | "\(.score) \(.text)"' "$folder/reply"
jq --raw-output .result.image "$folder/reply" | base64 --decode >"$2"
