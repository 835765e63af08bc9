# shellcheck shell=bash
# Node for web/ and tests/clients/: the machine's own if it is new enough, else one from the npm registry, kept in build/node.

node_wanted=20.19.0 # vite refuses older ones

node_is_new_enough() {
  command -v node >/dev/null && command -v npm >/dev/null && version_at_least "$(node -p process.versions.node)" "$node_wanted"
}

# Afterwards `node` and `npm` on PATH are new enough.
need_node() {
  if [ -x "$ROOT/build/node/node_modules/.bin/node" ]; then PATH="$ROOT/build/node/node_modules/.bin:$PATH"; fi
  if node_is_new_enough; then return; fi
  need_packages build web || return
  say "fetching Node $node_wanted or newer from the npm registry into build/node"
  mkdir -p build/node
  [ -e build/node/package.json ] || printf '{"private":true}\n' >build/node/package.json
  npm install --prefix build/node --no-audit --no-fund --no-save node@20 npm@10 </dev/null || return
  PATH="$ROOT/build/node/node_modules/.bin:$PATH"
  hash -r
  node_is_new_enough || die "Node $(node --version) is older than $node_wanted and no newer one could be fetched"
}

# need_modules DIRECTORY: its node_modules as its lock file says; nothing when they already are.
need_modules() {
  need_node || return
  if [ -e "$1/node_modules/.package-lock.json" ] &&
    [ ! "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ]; then
    return
  fi
  say "installing the npm packages of $1/"
  (cd "$1" && npm ci --no-audit --no-fund </dev/null)
}

need_web_modules() { need_modules web; }

# playwright PROJECT… [--OPTION…] [FILE…]: the pages in a browser, against the release build of the server; a file has a slash.
playwright() {
  local arguments=()
  while [ $# -gt 0 ]; do
    if [[ $1 == --* || $1 == */* ]]; then arguments+=("$1"); else arguments+=("--project=$1"); fi
    shift
  done
  need_web_modules && (
    cd web || exit
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 WF_SERVER_BIN="$ROOT/build/release/bin/waveforge" \
      npx --no-install playwright test "${arguments[@]}" </dev/null
  )
}
