// Both regions of the pattern, each with a hub, a Route Server and two NVAs that announce one anycast address.
// user-data of each NVA: haproxy-rhi init --cloud-init FILE; its --route-server addresses are known when the Route Server is there, so
// deploy the Route Servers first (30 to 60 minutes), read virtualRouterIps, and deploy this again with the user-data.
// It was parsed, and never given to Azure.

targetScope = 'resourceGroup'

param sshKey string
param anycast string = '9.9.9.9/32'
param clients array = [
  '10.0.0.0/8'
  '172.16.0.0/12'
]
param asn int = 65010
param addressesNorth array = [
  '172.16.156.70'
  '172.16.156.71'
]
param addressesWest array = [
  '172.16.136.70'
  '172.16.136.71'
]
// Each NVA's user-data, in the order of its region's addresses.
param userDataNorth array = [
  loadTextContent('nva-ne-0.yaml')
  loadTextContent('nva-ne-1.yaml')
]
param userDataWest array = [
  loadTextContent('nva-we-0.yaml')
  loadTextContent('nva-we-1.yaml')
]

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'haproxy-rhi-verify')
  properties: {
    roleName: 'haproxy-rhi verify ${uniqueString(resourceGroup().id)}'
    description: 'learned routes of a Route Server'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.Network/virtualHubs/read'
          'Microsoft.Network/virtualHubs/bgpConnections/read'
          'Microsoft.Network/virtualHubs/bgpConnections/learnedRoutes/action'
          'Microsoft.Network/locations/operationResults/read'
          'Microsoft.Network/locations/operations/read'
        ]
        notActions: []
      }
    ]
    assignableScopes: [
      resourceGroup().id
    ]
  }
}

module north 'region.bicep' = {
  name: 'north-europe'
  params: {
    region: 'ne'
    location: 'northeurope'
    space: '172.16.144.0/20'
    nvaPrefix: '172.16.156.64/26'
    routeServerPrefix: '172.16.159.0/24'
    addresses: addressesNorth
    nvas: concat(addressesNorth, addressesWest)
    anycast: anycast
    clients: clients
    asn: asn
    userData: userDataNorth
    sshKey: sshKey
    roleId: role.id
  }
}

module west 'region.bicep' = {
  name: 'west-europe'
  params: {
    region: 'we'
    location: 'westeurope'
    space: '172.16.128.0/20'
    nvaPrefix: '172.16.136.64/26'
    routeServerPrefix: '172.16.139.0/24'
    addresses: addressesWest
    nvas: concat(addressesNorth, addressesWest)
    anycast: anycast
    clients: clients
    asn: asn
    userData: userDataWest
    sshKey: sshKey
    roleId: role.id
  }
}

// The NVAs of one region ask those of the other for /health, and are HAProxy's backup for it.
resource toWest 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2023-09-01' = {
  name: 'ne-hub/to-we'
  properties: {
    remoteVirtualNetwork: {
      id: west.outputs.hubId
    }
    allowForwardedTraffic: true
  }
  dependsOn: [
    north
  ]
}

resource toNorth 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2023-09-01' = {
  name: 'we-hub/to-ne'
  properties: {
    remoteVirtualNetwork: {
      id: north.outputs.hubId
    }
    allowForwardedTraffic: true
  }
  dependsOn: [
    west
  ]
}

output routeServersNorth array = north.outputs.routeServerIps
output routeServersWest array = west.outputs.routeServerIps
