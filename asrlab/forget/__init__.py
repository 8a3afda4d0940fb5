"""Stage: recordings, or a person → nothing: audio, texts and all that was made of them."""

from asrlab.forget.stage import Forgetting, forget, plan_forgetting

__all__ = ["Forgetting", "forget", "plan_forgetting"]
