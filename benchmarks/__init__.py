"""Measurements of speed; every core is a device, as it is for the command."""

from noether_razor.base.cores import use_every_core

use_every_core()
