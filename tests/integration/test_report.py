# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of the lab's fleet, and the report with everything on it in a real browser."""
from __future__ import annotations

import html.parser
import json
import os
import re
import subprocess

import pytest
from lab import inventory
from report.page import answers, fleet_with_everything, written

BROWSER = 'chromium-headless-shell'
# Every part of the page is opened, and what the browser made of it is told in the page itself.
PROBE = '''<script>
for (const each of document.querySelectorAll('details')) each.open = true;
const wide = [...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > innerWidth + 1).map(each => each.tagName);
const box = document.querySelector('svg').getBoundingClientRect();
document.documentElement.dataset.seen = JSON.stringify({
  width: innerWidth, scroll: document.documentElement.scrollWidth, wide: wide.slice(0, 5), hosts: document.querySelectorAll('tr.host').length,
  ring: Math.round(box.width), ground: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(document.body).color,
  cards: getComputedStyle(document.querySelector('tr.host')).display});
</script></body>'''


@pytest.fixture(scope='module')
def everything(tmp_path_factory):
    """The page with everything on it, and a probe in it."""
    page = written(tmp_path_factory.mktemp('report'), answers(fleet_with_everything()))
    text = page.read_text(encoding='utf-8')
    assert text.count('</body>') == 1
    page.write_text(text.replace('</body>', PROBE), encoding='utf-8')
    return page


class Seen(html.parser.HTMLParser):
    """Finds what the probe told."""

    told = None

    def handle_starttag(self, tag, attrs):
        if tag == 'html' and dict(attrs).get('data-seen'):
            self.told = json.loads(dict(attrs)['data-seen'])


def opened(page, width, height, *more):
    """What a browser of that size makes of it."""
    done = subprocess.run([BROWSER, '--no-sandbox', '--disable-gpu', '--window-size=%d,%d' % (width, height), *more, '--dump-dom', 'file://%s' % page],
                          capture_output=True, text=True, check=True, timeout=120)
    reader = Seen()
    reader.feed(done.stdout)
    assert reader.told, done.stdout[-2000:] + done.stderr[-2000:]
    return reader.told


def brightness(colour):
    """From 0 to 255, of rgb(r, g, b)."""
    return sum(int(each) for each in re.findall(r'\d+', colour)[:3]) / 3


@pytest.mark.parametrize('width, height, display', [(390, 844, 'block'), (1280, 800, 'table-row')])
def test_nothing_is_wider_than_the_screen(everything, width, height, display):
    told = opened(everything, width, height)
    assert (told['width'], told['wide'], told['hosts'], told['cards']) == (width, [], 5, display)
    assert told['scroll'] <= width
    assert 200 <= told['ring'] <= width


@pytest.mark.parametrize('scheme, dark', [(0, True), (1, False)])
def test_it_is_dark_where_that_is_preferred(everything, scheme, dark):
    told = opened(everything, 390, 844, '--blink-settings=preferredColorScheme=%d' % scheme)
    assert (brightness(told['ground']) < 64, brightness(told['ink']) > 192) == (dark, dark)


def test_the_report_of_a_fleet(fleet, name, tmp_path):
    fleet[1].run(name)
    fleet.adopted(name)
    path = tmp_path / 'fleet.html'
    done = subprocess.run(['ansible-playbook', '-i', str(inventory.FILE), 'ringfleet.core.report', '-e', 'ringfleet_report=%s' % path],
                          capture_output=True, text=True, check=False, env=dict(os.environ, ANSIBLE_NOCOLOR='1'))
    assert done.returncode == 0, done.stdout + done.stderr
    text = path.read_text(encoding='utf-8')
    assert text.count('<tr class="host">') == 3
    assert '<strong>%s</strong>' % name in text


def test_a_silent_member_is_passed_over(fleet, tmp_path):
    fleet[1].sh('systemctl', 'stop', 'ringfleet-watcher')
    try:
        path = tmp_path / 'fleet.html'
        done = subprocess.run(['ansible-playbook', '-i', str(inventory.FILE), 'ringfleet.core.report', '-e', 'ringfleet_report=%s' % path],
                              capture_output=True, text=True, check=False, env=dict(os.environ, ANSIBLE_NOCOLOR='1'))
        assert done.returncode == 0, done.stdout + done.stderr
        assert 'As %s sees it' % fleet[2].name in path.read_text(encoding='utf-8')
    finally:
        fleet[1].sh('systemctl', 'start', 'ringfleet-watcher')
        fleet.until(lambda: fleet[1].call('watcher.status')['registered'], 'the watcher to be back')
