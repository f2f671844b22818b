#!/usr/bin/env bash
# Installs the real programs that the tests talk to (test/peers): Debian packages, Go programs, certbot.
# What is there already is left alone, so it can be run again at any time. Needs: Debian or Ubuntu, root or sudo, Go 1.26, python3.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cache="$root/.cache/peers"
mkdir -p "$cache/bin"

say() { printf 'peers: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 69
}

has() {
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/usr/local/sbin/$1" ] || [ -x "/usr/lib/postgresql/15/bin/$1" ]
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Without an init system nothing is started. With one, Debian would start every server on port 53: policy-rc.d says no.
install_packages() {
  local policy=/usr/sbin/policy-rc.d own_policy=no
  if [ -d /run/systemd/system ] && [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    own_policy=yes
  fi
  local status=0
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || status=$?
  [ "$status" = 0 ] &&
    { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 || status=$?; }
  if [ "$own_policy" = yes ]; then as_root rm -f "$policy"; fi
  [ "$status" = 0 ] || fail "apt-get could not install: $*"
}

packages=()
while read -r program package; do
  has "$program" || packages+=("$package")
done <<'LIST'
nsd nsd
knotd knot
unbound unbound
named bind9
dig bind9-dnsutils
delv bind9-dnsutils
dnsperf dnsperf
openssl openssl
keytool default-jre-headless
curl curl
python3 python3
setpriv util-linux
postgres postgresql-15
psql postgresql-client-15
ip iproute2
cc build-essential
LIST
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
if [ "${#packages[@]}" -gt 0 ]; then
  say "installing Debian packages: ${packages[*]}"
  install_packages "${packages[@]}"
fi

need_go() {
  [ -x /usr/local/go/bin/go ] && PATH="$PATH:/usr/local/go/bin"
  command -v go >/dev/null 2>&1 || fail 'Go is missing: install Go 1.26 (go.dev/dl), then run this again'
}

# The stamp is the sum of what the programs are built from.
go_folder="$root/test/peers/go"
sum=$(cd "$go_folder" && cat go.mod go.sum lego-acmedns/*.go acme-dns-rows/*.go | sha256sum)
if [ ! -x "$cache/bin/pebble" ] || [ ! -x "$cache/bin/lego-acmedns" ] || [ ! -x "$cache/bin/acme-dns-rows" ] || [ "$(cat "$cache/bin/.sum" 2>/dev/null)" != "$sum" ]; then
  need_go
  say 'building pebble, lego-acmedns and acme-dns-rows'
  (cd "$go_folder" && go build -o "$cache/bin/" github.com/letsencrypt/pebble/v2/cmd/pebble ./lego-acmedns ./acme-dns-rows)
  printf '%s\n' "$sum" >"$cache/bin/.sum"
fi

# The API server of Kubernetes with what it needs, and kubectl. It takes minutes, so it has a stamp of its own.
kubernetes_folder="$go_folder/kubernetes"
kubernetes_version=$(sed -n 's|^\tk8s.io/kubernetes \(v[0-9.]*\).*|\1|p' "$kubernetes_folder/go.mod")
sum=$(cd "$kubernetes_folder" && cat go.mod go.sum ./*.go ./*/*.go ../gateway-api/go.mod ../gateway-api/go.sum | sha256sum)
if [ "$(cat "$cache/bin/.kubernetes.sum" 2>/dev/null)" != "$sum" ]; then
  need_go
  say "building etcd and Kubernetes $kubernetes_version; this takes some minutes"
  stated="-X k8s.io/component-base/version.gitVersion=$kubernetes_version"
  stated+=" -X k8s.io/component-base/version.gitMajor=1"
  stated+=" -X k8s.io/component-base/version.gitMinor=$(printf '%s' "$kubernetes_version" | cut -d. -f2)"
  (cd "$kubernetes_folder" && go build -trimpath -ldflags "-s -w $stated" -o "$cache/bin/" \
    ./etcd ./kube-controllers k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl)
  gateway_api=$(cd "$go_folder/gateway-api" && go mod download && go list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)
  rm -rf "$cache/gateway-api"
  mkdir -p "$cache/gateway-api"
  install -m 644 "$gateway_api"/config/crd/standard/gateway.networking.k8s.io_{gatewayclasses,gateways,httproutes,listenersets,referencegrants}.yaml \
    "$cache/gateway-api/"
  printf '%s\n' "$sum" >"$cache/bin/.kubernetes.sum"
fi

# XListenerSet was in the experimental channel until Gateway API 1.5, and clusters still have it.
experimental="$cache/gateway-api-experimental"
folder="$go_folder/gateway-api-experimental"
if ! cmp -s "$folder/go.sum" "$experimental/go.sum"; then
  need_go
  gateway_api=$(cd "$folder" && go mod download && go list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)
  rm -rf "$experimental"
  mkdir -p "$experimental"
  install -m 644 "$gateway_api"/config/crd/experimental/gateway.networking.x-k8s.io_xlistenersets.yaml "$experimental/"
  cp "$folder/go.sum" "$experimental/go.sum"
fi

# Two of certbot, since one of its plugins needs an old one.
for name in certbot certbot-acme-dns; do
  folder="$cache/$name"
  requirements="$root/test/peers/install-$name.txt"
  # It names its own place in its first lines: in a folder that was moved it is there and does not run.
  if ! "$folder/bin/certbot" --version >/dev/null 2>&1 || ! cmp -s "$requirements" "$folder/requirements.txt"; then
    say "installing certbot with a plugin for acme-dns ($name)"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$folder/requirements.txt"
  fi
done

say 'all there'
