"""Reads runs and products by a client that was generated of the OpenAPI document."""

import os

from butler.api.products import products_of_item
from butler.api.runs import runs_list
from butler.client import Client

client = Client(
    base_url=os.environ["BUTLER_URL"],
    headers={"X-Plex-Token": os.environ["BUTLER_TOKEN"]},
    raise_on_unexpected_status=True,
)
runs = runs_list.sync(client=client, task="GenerateMediaIndexFiles").runs
assert [run.state for run in runs] == ["completed"], runs
facts = {fact.label: fact.value for fact in runs[0].report}
assert facts["products made"] == 1, facts
assert all(isinstance(value, (int, str)) for value in facts.values()), facts

of_film = products_of_item.sync(1, client=client)
products = {product.product: product for product in of_film.products}
assert products["bif"].value.pictures >= 1, products["bif"]
assert products["media_info"].value.duration_ms > 19_000, products["media_info"]
