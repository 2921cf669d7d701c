"""Not here: the server side of KATCP is aiokatcp's."""

from ._server_side import elsewhere

raise elsewhere("katcp.sensortree")
