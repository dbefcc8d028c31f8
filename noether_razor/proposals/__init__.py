"""What the data alone proposes: quantities that hardly move along trajectories."""

from noether_razor.proposals.functions import FunctionProposals as FunctionProposals
from noether_razor.proposals.functions import propose_dictionary as propose_dictionary
from noether_razor.proposals.functions import propose_null_space as propose_null_space
from noether_razor.proposals.independence import Independence as Independence
from noether_razor.proposals.independence import independence as independence
from noether_razor.proposals.networks import propose_networks as propose_networks
from noether_razor.proposals.quadratics import Proposals as Proposals
from noether_razor.proposals.quadratics import canonical_spread as canonical_spread
from noether_razor.proposals.quadratics import propose_quadratics as propose_quadratics
from noether_razor.proposals.slow import DEGENERATE as DEGENERATE
from noether_razor.proposals.slow import SlowDirections as SlowDirections
from noether_razor.proposals.slow import slow_directions as slow_directions
