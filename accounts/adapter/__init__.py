"""How allauth acts for us: sign-in, second factors, and an organisation's own provider."""

from accounts.adapter.factors import FactorAdapter
from accounts.adapter.people import AccountAdapter
from accounts.adapter.provider import ProviderAdapter

__all__ = ["AccountAdapter", "FactorAdapter", "ProviderAdapter"]
