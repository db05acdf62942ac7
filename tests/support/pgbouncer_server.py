"""A PgBouncer of one test before its PostgreSQL."""
from postgres_server import MONITOR
from sandbox import executable, unprivileged_user, wait_until


class PgBouncerServer:
    """Its database `orders` is the server's `dbname`. `password`: of the user monitor, who may read its
    console; users boss and app are their own passwords."""

    def __init__(self, sandbox, postgres, password, dbname="postgres"):
        self._sandbox, self._user = sandbox, unprivileged_user()
        self._program = executable("pgbouncer", "pgbouncer")
        self.host, self.port = sandbox.host, sandbox.port()
        self.home = sandbox.own_dir("pgbouncer", self._user)
        self._users = self.home / "users.txt"
        self._config = self.home / "pgbouncer.ini"
        self.allow(password)
        self._config.write_text(f"""[databases]
orders = host={postgres.home} port={postgres.port} dbname={dbname} user={MONITOR} pool_size=3
[pgbouncer]
listen_addr = {self.host}
listen_port = {self.port}
unix_socket_dir = {self.home}
auth_type = md5
auth_file = {self._users}
stats_users = monitor
admin_users = boss
""")
        self.start()

    def allow(self, password):
        self._users.write_text(f'"monitor" "{password}"\n"boss" "boss"\n"app" "app"\n')

    def start(self):
        socket = self.home / f".s.PGSQL.{self.port}"
        socket.unlink(missing_ok=True)
        self.process = self._sandbox.start("pgbouncer", [self._program, self._config],
                                           user=self._user)
        wait_until("PgBouncer listens", socket.exists, alive=[self.process])

    def dsn(self, host=None, user="monitor"):
        return f"host={host or self.host} port={self.port} user={user}"
