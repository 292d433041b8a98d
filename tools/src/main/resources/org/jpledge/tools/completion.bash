# Completion of pledge for bash: eval "$(pledge completion bash)"

_pledge() {
    local cur=${COMP_WORDS[COMP_CWORD]} command=run at=1 program= words= member=
    COMPREPLY=()
    if ((COMP_CWORD > 1)); then
        case ${COMP_WORDS[1]} in
        @COMMAND_PATTERN@) command=${COMP_WORDS[1]} at=2 ;;
        esac
        case $command in
@MEMBER_CASES@
        esac
        if [[ -n $words ]] && ((COMP_CWORD > 2)); then
            command="$command ${COMP_WORDS[2]}" at=3 words= member=1
        fi
    fi
    while [[ -z $program ]] && ((at < COMP_CWORD)); do
        case ${COMP_WORDS[at]} in
        --) program=$((++at)) ;;
        @ARGUMENT_PATTERN@)
            if ((at + 1 == COMP_CWORD)); then
                _pledge_argument "${COMP_WORDS[at]}" "$cur"
                return
            fi
            ((at += 2)) ;;
        -*) ((++at)) ;;
        *) if [[ -n $member ]]; then ((++at)); else program=$at; fi ;;
        esac
    done
    case $command in
    completion) words=bash ;;
    explain) words='@PROMISES@' ;;
    man) ;;
    *\ *) if [[ $cur != -* ]]; then mapfile -t COMPREPLY < <(compgen -f -- "$cur"); fi ;;
    *)
        if [[ -n $program ]]; then
            _pledge_program "$program" "$cur"
            return
        fi
        if [[ -z $words && $cur != -* ]]; then mapfile -t COMPREPLY < <(compgen -c -- "$cur"); fi
        if ((COMP_CWORD == 1)); then words='@COMMANDS@'; fi ;;
    esac
    case $command:$cur in
@OPTION_CASES@
    esac
    COMPREPLY+=($(compgen -W "$words" -- "$cur"))
}

# The program's own command line starts at word $1.
_pledge_program() {
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif (($1 == COMP_CWORD)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$2")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$2")
    fi
}

# The argument of option $1, of which $2 is there already.
_pledge_argument() {
    local words= quote= before= last=$2
    case $1 in
    -p | --promises)
        # Promises stand in one quoted word: complete the last of them.
        case $last in [\'\"]*) quote=${last:0:1} last=${last:1} ;; esac
        case $last in *' '*) before=${last% *}' ' last=${last##* } ;; esac
        mapfile -t COMPREPLY < <(compgen -P "$quote$before" -W '@PROMISES@' -- "$last")
        compopt -o nospace 2>/dev/null
        return ;;
    --on-violation) words='kill trap log errno:' ;;
    -u | --user) mapfile -t COMPREPLY < <(compgen -u -- "$2") ;;
    -g | --group) mapfile -t COMPREPLY < <(compgen -g -- "$2") ;;
    -v | --unveil)
        case $last in *:*) before=${last%%:*}: last=${last#*:} ;; esac
        mapfile -t COMPREPLY < <(compgen -P "$before" -f -- "$last") ;;
    --chdir | --loader-path) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
    --env) mapfile -t COMPREPLY < <(compgen -v -- "$2") ;;
    -o | --output) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    esac
    COMPREPLY+=($(compgen -W "$words" -- "$2"))
}

complete -F _pledge pledge ./pledge
