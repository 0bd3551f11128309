# bash: the language, traps, job control, pipes of processes.
fib() { local n=$1; ((n < 2)) && echo "$n" && return; echo $(($(fib $((n - 1))) + $(fib $((n - 2))))); }
fib 11
for ((i = 0, s = 1; i < 20000; i++)); do ((s = (s * 31 + i) % 1000003)); done; echo $s
declare -A map=([one]=1 [two]=2 [three]=3); for k in "${!map[@]}"; do echo "$k=${map[$k]}"; done | sort
a=(x y z); a+=("w w"); echo "${#a[@]} ${a[@]:1:2} ${a[-1]@Q}"; printf '<%s>' "${a[@]/w/W}"; echo
v=path/to/file.tar.gz; echo "${v##*/} ${v%%.*} ${v#*/} ${v%.gz} ${#v} ${v/file/other} ${v^^} ${v:5:2} ${u:-unset}"
[[ "2024-05-17" =~ ^([0-9]+)-([0-9]+) ]] && echo "${BASH_REMATCH[2]}"
case foo.c in *.[ch]) echo source ;; esac
echo {1..5} {a..e..2} $((0x1f)) $((2#1011)) $((2 ** 62)) $((-7 / 2)) $((-7 % 3))
read -r first rest <<<'one two three'; echo "$rest $first"
while IFS=: read -r name _ id _; do echo "$name $id"; done </etc/passwd
mapfile -t lines < <(seq 5); echo "${lines[*]}"
diff <(seq 3) <(seq 2 4)
printf -v text '%05.1f|%-5s|%+d|%x|%q' 3.14159 ab 42 255 'a b'; echo "$text"
(exit 3); echo $?; false | true; echo "${PIPESTATUS[@]}"; set -o pipefail; false | true; echo $?; set +o pipefail
trap 'echo exit trap of subshell' EXIT; (trap 'echo inner' EXIT; exit 4); echo $?; trap - EXIT
trap 'echo usr1' USR1; kill -USR1 $BASHPID; echo after; trap - USR1
trap 'echo "err at $LINENO"' ERR; false; trap - ERR
trap 'echo debug >/dev/null' DEBUG; true; trap - DEBUG
# The pause keeps clear of a race of bash's own: a signal that reaches the child between its last look and its return
# to the default actions, before execve, is only noted (with traps set, bash has handlers of its own), and lost.
sleep 30 & pid=$!; sleep 0.1; kill -TERM $pid; wait $pid; echo "wait $?"
for i in 3 1 2; do (sleep 0.0$i; exit $i) & done; wait; echo all done
(sleep 0.05; exit 9) & wait -n; echo "wait -n $?"
coproc CAT { cat; }; echo through >&"${CAT[1]}"; read -r line <&"${CAT[0]}"; echo "$line"; eval "exec ${CAT[1]}>&-"; wait
exec 5>file; echo to five >&5; exec 5>&-; cat file; cat <<END | tr a-z A-Z
here $((6 * 7)) $(echo nested $(echo deeper))
END
ulimit -c; umask 027; touch private; stat -c %a private
set -m; sleep 2 & jobs | sed 's/[0-9]\{2,\}/N/'; kill -STOP %1; sleep 0.05; jobs | sed 's/[0-9]\{2,\}/N/'; kill -CONT %1; fg %1 >/dev/null; echo "fg $?"; set +m
(timeout -s KILL 0.2 bash -c 'while :; do :; done'; echo "killed $?") 2>/dev/null
timeout 0.2 bash -c 'trap "echo got term; exit 7" TERM; while :; do sleep 0.05; done'; echo $?
(bash -c 'kill -SEGV $$'; echo "segv $?") 2>/dev/null; bash -c 'ulimit -v 50000; echo limited' | wc -l
bash -c 'exec -a other bash -c "echo \$0"'; bash --norc -c 'echo $- $#' x y; echo 'echo script $0 $#' >s; bash s a b; sh -c 'echo $((1+2))'
printf '#!/bin/bash\necho "interpreted $1"\n' >script; chmod +x script; ./script arg; printf '#!/usr/bin/env -S python3 -E\nprint("python script")\n' >script; ./script
select x in a b; do echo "chosen $x"; break; done <<<2 2>/dev/null
getopts ab: opt -b value; echo "$opt $OPTARG"; type -t fib; command -v ls; hash -r; times >/dev/null; echo "$((RANDOM >= 0)) $((SECONDS >= 0)) $((EPOCHSECONDS > 1600000000))"
yes | head -n 3; seq 100000 | while read -r n; do ((n % 25000)) || echo $n; done
cat /proc/self/cmdline | tr '\0' ' '; echo; readlink /proc/self/exe; uname -o; kill -l 9 15
