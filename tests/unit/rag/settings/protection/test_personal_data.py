from rag.settings import PersonalAction, PersonalDataSettings, PersonalKind

OFF, WARN, MASK = PersonalAction.OFF, PersonalAction.WARN, PersonalAction.MASK


def test_what_is_set_is_added_to_the_default() -> None:
    logs = PersonalDataSettings(logs={PersonalKind.IP_ADDRESS: OFF}).logs
    assert logs == {PersonalKind.ALL: MASK, PersonalKind.IP_ADDRESS: OFF}


def test_what_names_all_replaces_the_default() -> None:
    assert PersonalDataSettings().documents[PersonalKind.IBAN] is WARN
    assert PersonalDataSettings(documents={PersonalKind.ALL: MASK}).documents == {PersonalKind.ALL: MASK}
