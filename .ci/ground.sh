# shellcheck shell=sh
# What `run` and `test` stand on: a Rust toolchain and Debian packages. Read by them, never run by itself.

say() {
    printf '==> %s\n' "$*"
}

stop_here() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Stops unless cargo and rustc of at least Cargo.toml's rust-version are there.
need_rust() {
    wanted=$(sed -n 's/^rust-version = "\([0-9.]*\)"$/\1/p' Cargo.toml)
    if ! command -v cargo >/dev/null 2>&1 && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
        export PATH
    fi
    if ! command -v cargo >/dev/null 2>&1 || ! command -v rustc >/dev/null 2>&1; then
        stop_here "Butler is built with Rust $wanted or newer, and there is none here. This gets one:" "" \
            "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y" "" \
            "Then open a new shell and run this again."
    fi
    # rustup stands in for cargo and rustc before it has any.
    if ! rustc --version >/dev/null 2>&1; then
        stop_here "Butler is built with Rust $wanted or newer. rustup is here, and has no toolchain yet. This gets one:" "" \
            "    rustup default stable" "" "Then run this again. What rustc says: $(rustc --version 2>&1 | head -n 1)"
    fi
    found=$(rustc --version | sed 's/^rustc \([0-9]*\.[0-9]*\).*/\1/')
    if [ "$((${found%%.*} * 1000 + ${found#*.}))" -lt "$((${wanted%%.*} * 1000 + $(minor "$wanted")))" ]; then
        if command -v rustup >/dev/null 2>&1; then
            stop_here "Butler is built with Rust $wanted or newer; this is $found. This gets one:" "" "    rustup update stable"
        fi
        stop_here "Butler is built with Rust $wanted or newer; this is $found. This gets one:" "" \
            "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y" "" \
            "Then open a new shell and run this again."
    fi
}

# The second number of a version: 95 of 1.95 and of 1.95.1.
minor() {
    rest=${1#*.}
    printf '%s' "${rest%%.*}"
}

# Installs what the build needs, and the packages named: clang is for the bindings to ffmpeg's libraries.
need_build_packages() {
    need_packages gcc libc6-dev pkg-config clang libclang-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev "$@"
}

# Installs those of the named Debian packages that are missing. `COMMAND:PACKAGE` wants the package only if there is no such command.
need_packages() {
    missing=
    for package in "$@"; do
        case $package in
            *:*) command -v "${package%%:*}" >/dev/null 2>&1 || missing="$missing ${package#*:}" ;;
            *) is_installed "$package" || missing="$missing $package" ;;
        esac
    done
    missing=${missing# }
    if [ -z "$missing" ]; then
        return 0
    fi
    if ! command -v apt-get >/dev/null 2>&1; then
        say "This is no Debian. Butler needs what Debian calls: $missing. Going on; what is missing will be named."
        return 0
    fi
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=sudo
    else
        stop_here "These Debian packages are missing, and installing them takes root. This installs them:" "" \
            "    apt-get update && apt-get install -y --no-install-recommends $missing" "" "Then run this again."
    fi
    say "Installing Debian packages that are missing: $missing"
    # An update that fails may still leave lists that are good enough.
    $as_root apt-get update -qq || say "The package lists could not be updated; trying with those that are there."
    # shellcheck disable=SC2086 # A list of names.
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        stop_here "apt-get could not install them; it says why above."
}

is_installed() {
    ! command -v dpkg-query >/dev/null 2>&1 && return 1
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}
