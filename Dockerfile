# One file, five images: the site (web, worker, beat, one-shot commands), the same with PostgreSQL's programs (backup),
# the proxy with the site's static files, the pool of database connections and the image store. docker-compose.yml names the target of each.
# Versions are pinned by tag; docs/install.md says how to pin by digest.

# --- What the site needs, installed and compiled once ---------------------------------------------------------
FROM python:3.13.9-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt .
# Ready-made wheels with the hashes of the lock, and nothing else: no compiler, nothing that was not looked at.
RUN /venv/bin/pip install --require-hashes --no-deps --only-binary :all: -r requirements.txt \
    && /venv/bin/pip check \
    && /venv/bin/pip uninstall --yes pip
COPY manage.py ./
COPY cimar cimar
COPY administration administration
COPY common common
COPY audit audit
COPY accounts accounts
COPY worklists worklists
COPY studies studies
COPY sharing sharing
COPY templates templates
COPY static static
# The values only let the settings load: they reach no database, and stay behind in this stage.
RUN python -m compileall -q /venv /app \
    && SECRET_KEY=collectstatic-signs-nothing-collectstatic-signs-nothing \
    CIMAR_TOKEN_KEY=collectstatic-signs-nothing-collectstatic-signs-nothing \
    CIMAR_DEVELOPMENT=0 CIMAR_BASE_URL=https://build.invalid CIMAR_DATA=/tmp/build EMAIL_HOST=build.invalid \
    CIMAR_MAIL_FROM=nobody@build.invalid DATABASE_URL=postgres://build.invalid/cimar REDIS_URL=redis://build.invalid \
    /venv/bin/python manage.py collectstatic --no-input --verbosity 0
# Last: a change there needs no static files made anew.
COPY deploy deploy

# --- The site ------------------------------------------------------------------------------------------------
FROM python:3.13.9-slim-trixie AS site
# Warnings quote the values they warn of, and those may be a patient's.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore \
    DJANGO_SETTINGS_MODULE=cimar.settings
RUN groupadd --gid 10001 cimar \
    && useradd --uid 10001 --gid cimar --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin cimar \
    # Named volumes take the owner of the folder they are mounted on.
    && install -d -o cimar -g cimar -m 0700 /var/lib/cimar /var/lib/cimar/scratch
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000"]

# --- The site with pg_dump and pg_restore, for backups ---------------------------------------------------------
# The same image that docker-compose.yml runs as the server: its key and its archive are believed already.
FROM postgres:18.6-trixie AS postgres

FROM site AS backup
# Debian's own client is older than the server, and an older pg_dump refuses.
COPY --from=postgres /usr/local/share/keyrings/postgres.gpg.asc /usr/local/share/keyrings/postgres.gpg.asc
COPY --from=postgres /etc/apt/sources.list.d/pgdg.list /etc/apt/sources.list.d/pgdg.list
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update \
    # The archive's newest fix of the version that the server has: a pinned one could not be installed again.
    && apt-get install --yes --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o cimar -g cimar -m 0700 /backups
ENV CIMAR_POSTGRES=/usr/lib/postgresql/18/bin
COPY bin/backup bin/restore bin/
USER 10001:10001
CMD ["bin/backup", "list", "/backups/cimar"]

# --- The proxy -----------------------------------------------------------------------------------------------
FROM nginx:1.28.0-alpine AS proxy
RUN install -d -o nginx -g nginx -m 0700 /var/lib/cimar/buffer
COPY deploy/nginx /etc/cimar/nginx
COPY --from=build /app/staticfiles /app/staticfiles
USER 101:101
EXPOSE 8080 8443
ENTRYPOINT []
CMD ["/etc/cimar/nginx/run"]

# --- The pool of database connections ------------------------------------------------------------------------
FROM debian:trixie-20251117-slim AS pool
# hadolint ignore=DL3008
RUN apt-get update \
    # Debian keeps only the newest fix of a release, so a pinned version could not be installed again.
    && apt-get install --yes --no-install-recommends pgbouncer \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10002 pool \
    && useradd --uid 10002 --gid pool --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin pool
ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
COPY deploy/pgbouncer /etc/cimar/pgbouncer
USER 10002:10002
EXPOSE 6432
CMD ["/etc/cimar/pgbouncer/run"]

# --- The image store -----------------------------------------------------------------------------------------
FROM chrislusf/seaweedfs:4.48 AS seaweedfs

FROM debian:trixie-20251117-slim AS store
RUN groupadd --gid 10003 store \
    && useradd --uid 10003 --gid store --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin store \
    && install -d -o store -g store -m 0700 /var/lib/cimar/store
COPY --from=seaweedfs /usr/bin/weed /usr/local/bin/weed
COPY deploy/s3 /etc/cimar/s3
USER 10003:10003
EXPOSE 8333
CMD ["/etc/cimar/s3/run"]
