"""Two hundred varied sentences: English, Chinese, numbers, code, short and long."""

from __future__ import annotations

from itertools import product

_SUBJECTS = (
    "The pump",
    "Our warranty",
    "A parental leave of 12 weeks",
    "Invoice 2024-0117",
    "Vitamin D deficiency",
    "The Treaty of Westphalia",
    "CVE-2021-44228",
    "Photosynthesis",
    "My neighbour's cat",
    "The third quarter's revenue of $1,204.5 million",
)
_PREDICATES = (
    "must be serviced every 6,000 hours.",
    "does not cover damage by water!",
    "was never mentioned in the minutes of 3 May 1998.",
    "is said to raise the risk of fractures by 14.2 %",
    "costs less than one would think, doesn't it?",
    "ended a war that had lasted thirty years, and with it an order that nobody alive could remember a time before",
    "slept.",
    "turns light into sugar; the rest is chemistry",
    "fell by a third compared with the same quarter of the year before, mostly because of currency effects.",
    "is out of scope for this document.",
)
_CHINESE = (
    "年假需要提前两周申请。",
    "水泵每六千小时保养一次",
    "本合同自双方签字之日起生效，有效期三年。",
    "你好",
    "北京是中华人民共和国的首都，人口超过两千万。",
    "什么时候可以退货？",
    "光合作用把光能转化为化学能，储存在糖类等有机物中，同时释放出氧气。",
    "价格：￥1,280.00（含税）",
    "他昨天没有来上班，因为发烧了。",
    "量子力学描述微观物质的运动规律",
)
_CODE = (
    "def area(r): return 3.14159 * r ** 2",
    "SELECT name, COUNT(*) FROM users GROUP BY name HAVING COUNT(*) > 1;",
    "for (int i = 0; i < n; ++i) { sum += a[i]; }",
    "git rebase --interactive HEAD~3",
    '{"id": 17, "tags": ["a", "b"], "ok": true}',
    "https://example.org/path?query=1#top",
    "E = mc²",
    "ERROR 2024-05-03T17:22:01Z worker-7 timed out after 30000 ms",
    "x",
    "| Region | 2022 | 2023 |\n| North | 4.1 | 4.7 |",
)
_SHORT = (
    "Yes",
    "42",
    "3.14159265358979",
    "!!!",
    "naïve café",
    "ÜBER",
    "No. 5",
    "e-mail",
    "überraschend große Straße",
    "Zürich, 8001",
)

_ORDINARY = tuple(f"{subject} {predicate}" for subject, predicate in product(_SUBJECTS, _PREDICATES))
_LONG = tuple(" ".join(_ORDINARY[first : first + 2 + first // 5]) for first in range(50))
_MIXED = tuple(f"{latin} {chinese}" for latin, chinese in zip(_CODE + _SHORT, _CHINESE + _CHINESE, strict=True))

SENTENCES = _ORDINARY + _CHINESE + _CODE + _SHORT + _MIXED + _LONG
