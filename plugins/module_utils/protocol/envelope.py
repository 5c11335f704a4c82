# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one versioned envelope: JSON-RPC 2.0 with a member ``ringfleet``, the protocol's version.

It is used twice: one line of JSON for a request or an answer on the socket, and as the text of a cell of the table
``moves`` between hosts (F8.10, F8.11 and F9.4: the protocol part shapes a call into a ring message and back).
"""
from __future__ import annotations

import json

from ..errors import ProtocolError, from_data

VERSION = 1
# A sealed spec is at most 1 MiB; a whole fleet's report of 50 hosts with 100 containers each stays well below this.
MAX_BYTES = 16 << 20

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
UNKNOWN_VERSION = -32001
REFUSED = -32000


def request(method, params=None, ident=1):
    """The text of a request, one line."""
    return json.dumps({'jsonrpc': '2.0', 'ringfleet': VERSION, 'id': ident, 'method': method, 'params': params or {}})


def result(ident, value):
    """The text of a successful answer, one line; the model's rows in it become plain objects."""
    return json.dumps({'jsonrpc': '2.0', 'ringfleet': VERSION, 'id': ident, 'result': value},
                      default=lambda row: row.to_dict())


def failure(ident, error):
    """The text of a failed answer, one line, for any RingfleetError."""
    code = getattr(error, 'code', REFUSED)
    return json.dumps({'jsonrpc': '2.0', 'ringfleet': VERSION, 'id': ident,
                       'error': {'code': code, 'message': str(error), 'data': error.to_data()}})


def _object(text):
    try:
        data = json.loads(text)
    except (ValueError, UnicodeDecodeError, RecursionError) as exc:
        raise ProtocolError('The message is no JSON: %s' % exc, 'Send one JSON object on one line.', PARSE_ERROR) from exc
    if not isinstance(data, dict) or data.get('jsonrpc') != '2.0':
        raise ProtocolError('The message is no JSON-RPC 2.0 object', 'It must have "jsonrpc": "2.0".', INVALID_REQUEST)
    if data.get('ringfleet', VERSION) != VERSION:
        raise ProtocolError('Version %r of the protocol is not spoken here' % (data.get('ringfleet'),),
                            'This side speaks version %d; bring both to the same release.' % VERSION, UNKNOWN_VERSION)
    return data


def ident_of(text):
    """The id of a message that may be malformed; None when it has none that can be echoed."""
    try:
        ident = json.loads(text).get('id')
    except (ValueError, AttributeError, RecursionError):
        return None
    return ident if isinstance(ident, (str, int)) else None


def parse_request(text):
    """(id, method, params) of a request.

    :raises ProtocolError: with the JSON-RPC code that fits.
    """
    data = _object(text)
    method, params = data.get('method'), data.get('params', {})
    if not isinstance(method, str) or not method:
        raise ProtocolError('The request names no method', 'It must have a text "method".', INVALID_REQUEST)
    if not isinstance(params, dict):
        raise ProtocolError('The parameters of %s are no object' % method, 'Pass them by name.', INVALID_PARAMS)
    return data.get('id'), method, params


def parse_answer(text):
    """The result of an answer.

    :raises RingfleetError: the error that the other side answered, as the class it was there.
    """
    data = _object(text)
    if 'error' in data:
        error = data['error'] if isinstance(data['error'], dict) else {}
        detail = error.get('data')
        if isinstance(detail, dict) and detail.get('kind') == 'ProtocolError':
            raise ProtocolError(detail.get('message', ''), detail.get('remedy', ''), error.get('code', INVALID_REQUEST))
        raise from_data(detail, error.get('message', 'The other side answered an error without a text'))
    if 'result' not in data:
        raise ProtocolError('The answer has neither result nor error', '', INVALID_REQUEST)
    return data['result']
