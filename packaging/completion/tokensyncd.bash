# Completion of tokensyncd(1) for bash: commands, options, log levels, files, and the workspaces of the
# daemon that runs.

# What of the other arguments begins with the first, into COMPREPLY; quoted, so that no name runs anything.
_tokensyncd_offer() {
  local begun=$1 word
  shift
  for word in "$@"; do
    if [[ $word == "$begun"* ]]; then COMPREPLY+=("$(printf '%q' "$word")"); fi
  done
}

# What the daemon of the configuration ("" for the default) tells of itself, in JSON.
_tokensyncd_status() {
  timeout 2 tokensyncd status --json ${1:+--config "$1"} 2>/dev/null
}

# The ids of its workspaces, one a line. Those that JSON has to escape are left to be typed.
_tokensyncd_workspaces() {
  _tokensyncd_status "$1" | grep -oE '"id":"[^"\\]+"' | cut -d '"' -f 4
}

# The names of its sinks.
_tokensyncd_sinks() {
  _tokensyncd_status "$1" | grep -oE '"[^"\\]+":\{"type":"' | cut -d '"' -f 2 | sort -u
}

_tokensyncd() {
  local commands=(run once check plan status sync event reload rotate verify)
  local options=(--config --log-level --help)
  local begun=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local command="" config="" ids i
  COMPREPLY=()

  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      -c | --config) config=${COMP_WORDS[++i]} ;;
      --log-level | --timeout | --wait | --if-older-than | --sink | --limit) ((++i)) ;;
      -*) ;;
      *) command=${command:-${COMP_WORDS[i]}} ;;
    esac
  done

  case $before in
    -c | --config)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$begun")
      return
      ;;
    --log-level) _tokensyncd_offer "$begun" debug info warning error && return ;;
    --timeout | --wait | --if-older-than | --limit) return ;;
    --sink)
      mapfile -t ids < <(_tokensyncd_sinks "$config")
      _tokensyncd_offer "$begun" "${ids[@]}"
      return
      ;;
  esac

  case $command in
    "") options+=(--version) ;;
    once) options+=(--timeout) ;;
    check) options+=(--online --print) ;;
    status) options+=(--trouble --sink --limit --json --watch --quiet --wait) ;;
    plan | verify) options+=(--trouble --sink --limit) ;;
    sync) options+=(--trouble --sink) ;;
    event) options+=(--timeout) ;;
    rotate) options+=(--all --yes --force --if-older-than --timeout) ;;
  esac
  if [[ $begun == -* ]]; then
    _tokensyncd_offer "$begun" "${options[@]}"
  elif [[ -z $command ]]; then
    _tokensyncd_offer "$begun" "${commands[@]}"
  elif [[ $command =~ ^(once|plan|status|sync|event|rotate|verify)$ ]]; then
    mapfile -t ids < <(_tokensyncd_workspaces "$config")
    _tokensyncd_offer "$begun" "${ids[@]}"
  fi
}

complete -F _tokensyncd tokensyncd
