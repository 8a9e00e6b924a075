# The image: Debian's Python, the libraries that draw the PDF, Quarterdeck, and nothing else: no shell, no
# package manager, no pip. `docker build .` works where an engine is; `tools/image.sh` where none is.
#
# Two optional build secrets let pip reach a package index of your own; neither leaves a trace in the image:
#   --secret id=pip,src=/etc/pip.conf --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
ARG SOURCE_DATE_EPOCH=1767225600
ENV DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends python3-venv >/dev/null
WORKDIR /build

# The root file system, from Debian's packages unpacked without their scripts. Written out, because the
# resolver would add a shell, Perl and dpkg; the last step of this stage fails when something is missing.
RUN mkdir -p debs /rootfs/usr/bin /rootfs/usr/sbin /rootfs/usr/lib /rootfs/usr/lib64 /rootfs/var/lib/dpkg/status.d \
 && for each in bin sbin lib lib64; do ln -s "usr/$each" "/rootfs/$each"; done \
 && chown _apt debs && cd debs && apt-get download -qq \
      libc6 libgcc-s1 libstdc++6 gcc-12-base libcrypt1 zlib1g media-types ca-certificates \
      python3.11-minimal libpython3.11-minimal libpython3.11-stdlib \
      libbz2-1.0 libexpat1 libffi8 liblzma5 libsqlite3-0 libssl3 libuuid1 \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz0b libharfbuzz-subset0 libfribidi0 libgraphite2-3 \
      libglib2.0-0 libpcre2-8-0 libmount1 libblkid1 libselinux1 libthai0 libthai-data libdatrie1 \
      libfontconfig1 fontconfig-config libfreetype6 libpng16-16 libbrotli1 fonts-dejavu-core \
 && for deb in *.deb; do \
      dpkg-deb --fsys-tarfile "$deb" | tar --extract --keep-directory-symlink --directory /rootfs \
      && dpkg-deb --field "$deb" Package Version Architecture Source Maintainer Description \
         > "/rootfs/var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)" || exit 1; \
    done \
 && cp /usr/lib/os-release /rootfs/usr/lib/os-release && ln -s ../usr/lib/os-release /rootfs/etc/os-release \
 && find /rootfs/usr/share/ca-certificates -name '*.crt' | sort | xargs cat > /rootfs/etc/ssl/certs/ca-certificates.crt \
 && rm -r /rootfs/usr/share/man /rootfs/usr/sbin/update-ca-certificates \
 && find /rootfs/usr/share/doc -type f ! -name copyright -delete && find /rootfs/usr/share/doc -xtype l -delete

# The application, from the lock with hashes. pip stays outside of the environment that is shipped, and so do the
# Kubernetes client's asynchronous twin and some of CEL's extensions: 92 MB that nothing imports.
COPY requirements/run.txt requirements/build.txt requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=ca \
    python3.11 -m venv pip && python3.11 -m venv --without-pip /opt/quarterdeck \
 && pip/bin/pip --python /opt/quarterdeck/bin/python install -q --no-cache-dir --no-compile --only-binary :all: \
      --require-hashes -r requirements/run.txt \
 && rm -r /opt/quarterdeck/lib/python3.11/site-packages/kubernetes/aio \
 && find /opt/quarterdeck/lib/python3.11/site-packages/cel_expr_python/ext -type f \
      ! -name 'ext_strings.*' ! -name 'ext_optional.*' -delete \
 && pip/bin/pip install -q --no-cache-dir --require-hashes -r requirements/build.txt
COPY . .
RUN pip/bin/pip wheel -q --no-deps --no-build-isolation --no-index --wheel-dir dist . \
 && pip/bin/pip --python /opt/quarterdeck/bin/python install -q --no-index --no-deps --no-compile --find-links dist \
      quarterdeck \
 && find /opt/quarterdeck/bin -mindepth 1 ! -name 'python*' ! -name quarterdeck -delete \
 && mkdir -p /rootfs/opt && cp -a /opt/quarterdeck /rootfs/opt/

# What the packages' scripts would have done, byte code that no clock can make stale, no setuid bit, the proof that
# all of it can be loaded, and one time stamp for every file.
RUN printf 'root:x:0:0:root:/:/nonexistent\nquarterdeck:x:65532:65532:Quarterdeck:/var/lib/quarterdeck:/nonexistent\n' > /rootfs/etc/passwd \
 && printf 'root:x:0:\nquarterdeck:x:65532:\n' > /rootfs/etc/group \
 && printf 'passwd: files\ngroup: files\nhosts: files dns\n' > /rootfs/etc/nsswitch.conf \
 && mkdir -p -m 1777 /rootfs/tmp && mkdir -p /rootfs/proc /rootfs/dev /rootfs/sys \
 && install -d -o 65532 -g 65532 -m 0750 /rootfs/var/lib/quarterdeck \
 && ldconfig -r /rootfs \
 && find /rootfs -name __pycache__ -type d -prune -exec rm -r {} + \
 && python3.11 -m compileall -q -j 0 --invalidation-mode unchecked-hash -s /rootfs -p / \
      /rootfs/usr/lib/python3.11 /rootfs/opt/quarterdeck/lib \
 && find /rootfs -type f -perm /6000 -exec chmod ug-s {} + \
 && chroot /rootfs /opt/quarterdeck/bin/quarterdeck --version \
 && chroot /rootfs /opt/quarterdeck/bin/python -B -c 'import weasyprint, resvg_py, sqlite3, ssl, zoneinfo, pg8000, bot.cli.app, checks.cel.child' \
 && find /rootfs -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +

FROM scratch
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Quarterdeck" \
      org.opencontainers.image.description="Keep Kubernetes clusters secure and provably compliant, from Slack." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /rootfs /
ENV PATH=/opt/quarterdeck/bin \
    LANG=C.UTF-8 \
    TZ=UTC \
    HOME=/var/lib/quarterdeck \
    XDG_CACHE_HOME=/tmp \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    QUARTERDECK_DATA_DIR=/var/lib/quarterdeck
WORKDIR /var/lib/quarterdeck
VOLUME ["/var/lib/quarterdeck"]
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/opt/quarterdeck/bin/quarterdeck"]
CMD ["run"]
