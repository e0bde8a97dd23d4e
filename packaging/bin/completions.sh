#!/bin/sh
# Writes the completions of a built program for bash, zsh and fish: completions.sh JAR DIRECTORY
set -eu
jar=$1 directory=$2
mkdir -p "$directory"
for shell in bash zsh fish; do
    java -Xshare:auto -jar "$jar" completion $shell >"$directory/jobledger.$shell"
done
