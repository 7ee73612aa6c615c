from evals.runs.sweep import SweepPoint, combinations, pareto


def point(name: str, quality: float, milliseconds: float) -> SweepPoint:
    return SweepPoint(settings={"name": name}, run_id=name, quality=quality, p95_milliseconds=milliseconds)


def best(*points: SweepPoint, lower_is_better: bool = False) -> list[str]:
    return [each.run_id for each in pareto(points, lower_is_better=lower_is_better) if each.is_best]


def test_a_point_that_another_beats_in_both_is_not_best() -> None:
    assert best(point("slow", 0.9, 90), point("poor", 0.5, 95), point("fast", 0.8, 10)) == ["fast", "slow"]


def test_of_equal_quality_the_faster_is_best() -> None:
    assert best(point("a", 0.9, 90), point("b", 0.9, 10)) == ["b"]


def test_equal_points_are_both_best() -> None:
    assert best(point("a", 0.9, 10), point("b", 0.9, 10)) == ["a", "b"]


def test_where_less_is_better_the_lower_wins() -> None:
    assert best(point("a", 0.1, 10), point("b", 0.2, 10), lower_is_better=True) == ["a"]


def test_combinations_with_the_same_index_follow_each_other() -> None:
    tried = combinations({"retrieval.limit": ["5", "8"], "ingestion.chunk_tokens": ["140", "200"]})
    assert [each["ingestion.chunk_tokens"] for each in tried] == ["140", "140", "200", "200"]
    assert len({tuple(sorted(each.items())) for each in tried}) == 4
