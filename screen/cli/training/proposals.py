"""`tscreen train --part proposals`: the network that proposes steps to `tscreen explore`."""

from tscreen.model.correction.card import CARD as CORRECTION_CARD
from tscreen.model.correction.card import TENSORS as CORRECTION_TENSORS
from tscreen.model.weights import CARD, SHIPPED, TENSORS
from tscreen.screen.cli.training.order import TrainingOrder
from tscreen.screen.cli.training.showing import say_left_out, watching
from tscreen.screen.errors import UsageError


def train_alone(order: TrainingOrder) -> None:
    """Train the network and fill its folder up with the shipped weights.

    Raises:
        UsageError: Options or data are wrong.
    """
    from tscreen.model.inference.loading import best_device
    from tscreen.model.proposals.fitting import train_proposals
    from tscreen.model.proposals.training import CHECKPOINT
    from tscreen.model.reactions.data import DataError, load_split

    if order.init:
        raise UsageError("proposals start from no other weights; leave --init out")
    order.resume_only_if_begun("network of proposals", (order.out / CHECKPOINT).exists())
    try:
        split = load_split(order.data)
        say_left_out(split.left_out)
        with watching(order.quiet) as watch:
            card = train_proposals(
                split,
                order.out,
                minutes=order.minutes,
                seed=order.seed,
                device=best_device(),
                on_progress=lambda done: watch("training the network of proposals", done),
            )
    except DataError as error:
        raise UsageError(str(error)) from error
    order.complete(SHIPPED, TENSORS, CARD, CORRECTION_TENSORS, CORRECTION_CARD)
    surprise = card.metrics["held_out_surprise"]
    order.tell(card.version, card.metrics, f"surprise at held-out steps {surprise:.2f}; ")
