# Runs PostgreSQL for as long as any test uses it, and leaves nothing behind.
#
#   $1  the server's directory, which goes with it
#   $2  the program `postgres`
#   $@  its arguments
#
# stdin is a file on which every test process holds a shared lock for as long as it lives: the kernel
# lets go of it however the process ends. stdout is a file that was locked for us: whoever finds it
# locked knows that we are here.
home=$1
shift

# Should we be killed, so is the server. It neither listens to our stdin nor holds our stdout.
setpriv --pdeathsig QUIT -- "$@" </dev/null >>"$home/log" 2>&1 &
server=$!

# The users come and go, one process per test: only when nobody came for a while are they all gone.
# Should we be killed, what still waits here must not hold our stdout either.
until flock --exclusive 0 && flock --unlock 0 && sleep 5 && flock --exclusive --nonblock 0; do
    :
done >/dev/null

# Whoever comes now waits for its shared lock until we are done.
kill -QUIT "$server"
wait "$server"
rm -rf "$home"
# The next user may look as soon as stdin is closed: by then it must not find us here.
exec >&-
