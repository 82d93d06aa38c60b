"""What the grids filter, sort and follow is found by an index, whatever the number of rows."""

import pytest
from sqlalchemy import inspect

from backoffice.core import resource
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.selection import criteria


@pytest.fixture
def led(app):
    """Return, by table, the columns that an index of the database begins with, or has second."""
    with app.app_context():
        found = inspect(db.engine)
        tables = {}
        for table in found.get_table_names():
            indexes = [index["column_names"] for index in found.get_indexes(table)]
            unique = [constraint["column_names"] for constraint in found.get_unique_constraints(table)]
            key = [found.get_pk_constraint(table)["constrained_columns"]]
            tables[table] = {names[0] for names in indexes + unique + key if names}
        return tables


def test_every_foreign_key_leads_an_index(led):
    bare = [
        f"{table.name}.{key.parent.name}"
        for table in db.metadata.tables.values()
        for key in table.foreign_keys
        if key.parent.name not in led[table.name]
    ]
    assert bare == []


def test_every_filter_leads_an_index(led):
    bare = [
        f"{name}.{column}"
        for name, model in resources().items()
        for column in map(lambda one, of=model: resource.key_of(of, one), resource.filterable(model))
        if column in resource.columns(model) and column not in led[name] | second(model, led[name])
    ]
    assert bare == []


def second(model, first):
    """Return the columns that stand second in an index, behind one that is asked for with them."""
    return {
        index.columns[1].key
        for index in model.__table__.indexes
        if len(index.columns) > 1 and index.columns[0].key in first
    }


def test_every_sort_and_every_models_own_order_leads_an_index(led):
    for name, model in resources().items():
        own = resource.resource(model).order.lstrip("-")
        for column in {*resource.sortable(model), resource.key_of(model, own)}:
            assert column in led[name], f"{name}.{column}"


def test_every_views_first_condition_leads_an_index(led):
    for name, model in resources().items():
        for view, (_label, wanted) in criteria.views(model).items():
            assert {resource.key_of(model, column) for column in wanted} & led[name], f"{name}: {view}"


def test_an_index_to_sort_by_breaks_ties_by_the_key():
    for name, model in resources().items():
        for column in set(resource.sortable(model)) - {"id"}:
            if resource.columns(model)[column].unique:
                continue
            ends = [list(index.columns)[-1].key for index in model.__table__.indexes if index.columns[0].key == column]
            assert "id" in ends, f"{name}.{column}"
