# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker engine by its SDK's low-level client: its API's own words go in and out, nothing is remodelled."""
from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timezone

from ..errors import EngineError, EngineUnavailable, NoSuchContainer, NoSuchImage
from ..names import LABEL_MOVE
from .engine import LIFE, STATE, Engine, Event, Summary

try:
    import docker
    import docker.errors
    import requests.exceptions
except ImportError:  # pragma: no cover - the watcher's environment always has it
    docker = None

_TIMEOUT_S = 60
# Of what is asked in the loop's own thread, and is answered from memory: less than systemd waits for a word of the watcher.
_LOOK_TIMEOUT_S = 15
_LOOK = 'Look at: systemctl status docker; journalctl -u docker.'


@contextmanager
def _translated(missing=NoSuchContainer):
    """The SDK's errors as ours; the engine's own sentence is kept, request bodies are not in it."""
    try:
        yield
    except docker.errors.NotFound as exc:
        raise missing(exc.explanation or str(exc)) from exc
    except docker.errors.APIError as exc:
        raise EngineError('Docker refused: %s' % (exc.explanation or exc)) from exc
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as exc:
        raise EngineUnavailable('The Docker engine cannot be reached: %s' % exc, _LOOK) from exc


def _ns(text):
    """Nanoseconds since the epoch of Docker's RFC 3339 stamp, which has up to nine decimals."""
    seconds, _dot, rest = text.rstrip('Z').partition('.')
    at = datetime.strptime(seconds, '%Y-%m-%dT%H:%M:%S').replace(tzinfo=timezone.utc)
    return int(at.timestamp()) * 10 ** 9 + int((rest + '0' * 9)[:9])


class DockerEngine(Engine):
    """The engine at ``url``; the API version is negotiated, never pinned."""

    def __init__(self, url):
        self._url = url
        self._api = None
        self._looks = None

    @property
    def _client(self):
        if self._api is None:
            with _translated():
                self._api = docker.APIClient(base_url=self._url, version='auto', timeout=_TIMEOUT_S)
        return self._api

    @property
    def _looker(self):
        if self._looks is None:
            with _translated():
                self._looks = docker.APIClient(base_url=self._url, version='auto', timeout=_LOOK_TIMEOUT_S)
        return self._looks

    def containers(self):
        with _translated():
            found = self._looker.containers(all=True)
        return [Summary(each['Id'], (each.get('Names') or ['/'])[0].lstrip('/'), each.get('State', ''),
                        each.get('Image', ''), each.get('Labels') or {},
                        (each.get('HostConfig') or {}).get('NetworkMode', '')) for each in found]

    def inspect(self, ref):
        with _translated():
            return self._looker.inspect_container(ref)

    def layer_size(self, ref):
        with _translated():
            ident = self._client.inspect_container(ref)['Id']
            found = self._client.containers(all=True, size=True, filters={'id': ident})
        return int(found[0].get('SizeRw') or 0) if found else 0

    def create(self, request, move, restart):
        config = dict(request['config'], Labels=dict(request['config'].get('Labels') or {}, **{LABEL_MOVE: move}))
        config['HostConfig'] = dict(config['HostConfig'], RestartPolicy=restart)
        with _translated(NoSuchImage):
            made = self._client.create_container_from_config(config, request['name'])
        if made.get('Warnings'):
            self.remove(made['Id'])
            raise EngineError('Docker would drop a part of container %s: %s'
                              % (request['name'], '; '.join(made['Warnings'])))
        return made['Id']

    def start(self, ref):
        with _translated():
            self._client.start(ref)

    def stop(self, ref, timeout_s):
        with _translated():
            # To the HTTP request's own patience the SDK adds the container's.
            self._client.stop(ref, timeout=timeout_s)

    def remove(self, ref):
        with _translated():
            self._client.remove_container(ref, v=False, force=False)

    def rename(self, ref, name):
        with _translated():
            self._client.rename(ref, name)

    def set_restart(self, ref, policy):
        with _translated():
            self._client.update_container(ref, restart_policy=dict(policy))

    def image(self, ref):
        with _translated(NoSuchImage):
            return self._looker.inspect_image(ref)

    def pull(self, reference):
        repository, _at, digest = reference.partition('@')
        with _translated(NoSuchImage):
            for line in self._client.pull(repository, tag=digest, stream=True, decode=True):
                if line.get('error'):
                    raise NoSuchImage('Image %s cannot be pulled: %s' % (reference, line['error']))

    def save(self, ref):
        with _translated(NoSuchImage):
            yield from self._client.get_image(ref)

    def load(self, stream):
        with _translated():
            for line in self._client.load_image(stream):
                if line.get('error'):
                    raise EngineError('The image cannot be loaded: %s' % line['error'])

    def tag(self, ref, name):
        repository, _colon, tag = name.rpartition(':') if ':' in name.rsplit('/', 1)[-1] else (name, '', 'latest')
        with _translated(NoSuchImage):
            self._client.tag(ref, repository, tag)

    def log_lines(self, ref, since_ns, limit):
        with _translated():
            raw = self._client.logs(ref, stdout=True, stderr=True, timestamps=True, tail=limit,
                                    since=max(1, since_ns // 10 ** 9))
        found = []
        for line in raw.decode('utf-8', 'replace').splitlines():
            stamp, _space, text = line.partition(' ')
            if stamp[:1].isdigit() and _ns(stamp) > since_ns:
                found.append((_ns(stamp), text))
        return found

    def events(self, since_s):
        with _translated():
            # A client of its own: this connection blocks for as long as nothing happens.
            client = docker.APIClient(base_url=self._url, version='auto', timeout=None)
            stream = client.events(since=since_s, filters={'type': 'container', 'event': list(LIFE + STATE)}, decode=True)
            for each in stream:
                attributes = (each.get('Actor') or {}).get('Attributes') or {}
                yield Event(each.get('Action', '').split(':')[0], (each.get('Actor') or {}).get('ID', ''),
                            attributes.get('name', ''), attributes, int(each.get('time') or 0))

    def about(self):
        with _translated():
            version, info = self._looker.version(), self._looker.info()
        return {'architecture': version.get('Arch', ''), 'api_version': version.get('ApiVersion', ''),
                'version': version.get('Version', ''), 'root': info.get('DockerRootDir', '/var/lib/docker')}
