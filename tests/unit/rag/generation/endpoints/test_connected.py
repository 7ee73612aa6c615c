from rag.generation.endpoints.connected import ConnectedEndpoints
from rag.settings import EndpointSettings

LOCAL = EndpointSettings(name="local", url="http://127.0.0.1:11434/v1")


def test_a_follower_is_told_at_once_and_of_every_change_until_its_block_ends() -> None:
    connected, told = ConnectedEndpoints(), []
    with connected.followed_by(lambda: told.append(connected.current)):
        connected.replace((LOCAL,))
        connected.replace((LOCAL,))
        connected.replace(())
    connected.replace((LOCAL,))
    assert told == [(), (LOCAL,), ()]
