# Stands beside one process of tests, at the head of a process group of its own, and outlives it by a moment. Its standard input
# is a pipe whose other end that process alone holds: the pipe ends when the process has, whatever ended it.
trap '' HUP INT TERM
folder=$(mktemp -d -t butler-test-XXXXXXXX) || exit
echo "$folder"
exec >/dev/null
read -r _
# In a session of its own, for this shell is in the group that is killed.
setsid sh -c '
    kill -s KILL -- "-$1"
    while read -r _ point _; do
        # The table writes a blank as "\040".
        point=$(printf %b "$(printf %s "$point" | sed "s/\\\\/\\\\0/g")")
        case $point in "$2"/*) umount -ifl "$point" ;; esac
    done </proc/mounts
    # Who was killed while the kernel did something for it ends a moment later.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        rm -rf -- "$2" && break
        sleep 1
    done
' guard $$ "$folder"
