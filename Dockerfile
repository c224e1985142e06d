# syntax=docker/dockerfile:1
# Two steps: build the wheel (scripts of the page included), install it as a plain user.
FROM python:3.12-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-deps --no-cache-dir -w /wheels .

FROM python:3.12-slim
# TORCH says which build of torch comes in, e.g. a wheel in a mounted folder; the default is whatever the configured index serves for the pin.
ARG TORCH="torch"
ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 KEYGRAFT_HOST=0.0.0.0 KEYGRAFT_PORT=8400 KEYGRAFT_DATA=/data
COPY constraints.txt /tmp/constraints.txt
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir -c /tmp/constraints.txt ${TORCH} && \
    pip install --no-cache-dir -c /tmp/constraints.txt "$(ls /wheels/*.whl)[hdf5,postgres]" && \
    rm -rf /wheels && \
    useradd --create-home --uid 10001 keygraft && \
    install -d -o keygraft -m 0700 /data
USER keygraft
WORKDIR /home/keygraft
VOLUME /data
EXPOSE 8400
# A bind beyond loopback asks for KEYGRAFT_TOKEN; there is no default.
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8400/livez', timeout=2)"
CMD ["keygraft", "serve"]
