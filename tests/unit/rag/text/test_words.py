from rag.text.words import content_words, numbers, words


def test_words_are_lower_case_and_stemmed() -> None:
    assert words("Costs COST costing") == ("cost", "cost", "cost")


def test_codes_and_amounts_stay_recognisable() -> None:
    assert words("NW-4420 costs 1,250.50") == ("nw", "4420", "cost", "1,250.50")


def test_chinese_becomes_overlapping_pairs() -> None:
    assert words("保修期") == ("保修", "修期")
    assert words("年") == ("年",)


def test_full_width_forms_are_folded() -> None:
    assert words("ＡＢＣ１２") == words("abc12")


def test_a_power_is_one_word_however_it_is_written() -> None:
    assert words("10³") == words("10^3") == ("10^3",)
    assert words("103") == ("103",)
    assert words("12 m²") == words("12 m2")


def test_content_words_leave_out_stop_words_of_both_languages() -> None:
    assert content_words("What is the warranty on the pump?") == ("warranti", "pump")
    assert content_words("这个的") == ("这个", "个的")


def test_numbers_lose_their_thousands_separators() -> None:
    assert numbers("EUR 1,250.50 since 2024, 007") == {"1250.50", "2024", "7"}
    assert numbers("１２ of 10³") == {"12", "10^3"}
