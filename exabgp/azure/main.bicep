// Both regions of the pattern, each with a hub, a Route Server and two NVAs that announce one anycast address.
//
// NOT DEPLOYED: its syntax was parsed (pycep-parser) and its property names were held against Azure's SDK (azure-mgmt-network,
// azure-mgmt-compute); Bicep's own compiler and Azure have not seen it.
//
// 1. Without user-data it makes all but the VMs, in 30 to 60 minutes, and says the addresses of the Route Servers:
//      az deployment group create -g GROUP -f main.bicep -p sshKey="$(cat key.pub)" image=IMAGE-ID
// 2. With those addresses, one user-data for each NVA (haproxy-rhi-azure(7), TWO NVAS A REGION, has all flags):
//      haproxy-rhi init --cloud-init nva-ne-0.yaml --address 172.16.156.70 --same-region 172.16.156.71 ...
// 3. The VMs, the secondary region first: a VM keeps the user-data that it was made with.
//      az deployment group create ... -p userDataWest="$(jq -n --rawfile a nva-we-0.yaml --rawfile b nva-we-1.yaml '[$a, $b]')"
//    and once more with userDataNorth beside it.

// Names and address spaces of your own: the parameters ...North and ...West, all of which have the pattern's values.

targetScope = 'resourceGroup'

param sshKey string
// The ID of an image of Debian 12 or 13, in both regions, that has the package's file (init --package) or a repository with it.
param image string
param anycast string = '9.9.9.9/32'
param clients array = [
  '10.0.0.0/8'
  '172.16.0.0/12'
]
param asn int = 65010
// The primary region.
param nameNorth string = 'ne'
param locationNorth string = 'northeurope'
param spaceNorth string = '172.16.144.0/20'
param nvaPrefixNorth string = '172.16.156.64/26'
param routeServerPrefixNorth string = '172.16.159.0/24'
param addressesNorth array = [
  '172.16.156.70'
  '172.16.156.71'
]
// The secondary one.
param nameWest string = 'we'
param locationWest string = 'westeurope'
param spaceWest string = '172.16.128.0/20'
param nvaPrefixWest string = '172.16.136.64/26'
param routeServerPrefixWest string = '172.16.139.0/24'
param addressesWest array = [
  '172.16.136.70'
  '172.16.136.71'
]
// Each NVA's user-data, in the order of its region's addresses.
param userDataNorth array = []
param userDataWest array = []

// What 'haproxy-rhi verify --azure' takes. Where Azure refuses operationResults, which belong to the subscription, assign it there.
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
  name: 'region-${nameNorth}'
  params: {
    region: nameNorth
    location: locationNorth
    space: spaceNorth
    nvaPrefix: nvaPrefixNorth
    routeServerPrefix: routeServerPrefixNorth
    addresses: addressesNorth
    nvas: concat(addressesNorth, addressesWest)
    anycast: anycast
    clients: clients
    asn: asn
    userData: userDataNorth
    sshKey: sshKey
    image: image
    roleId: role.id
  }
}

module west 'region.bicep' = {
  name: 'region-${nameWest}'
  params: {
    region: nameWest
    location: locationWest
    space: spaceWest
    nvaPrefix: nvaPrefixWest
    routeServerPrefix: routeServerPrefixWest
    addresses: addressesWest
    nvas: concat(addressesNorth, addressesWest)
    anycast: anycast
    clients: clients
    asn: asn
    userData: userDataWest
    sshKey: sshKey
    image: image
    roleId: role.id
  }
}

// The NVAs of one region ask those of the other for /health, and are HAProxy's backup for it.
resource toWest 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2023-09-01' = {
  name: '${nameNorth}-hub/to-${nameWest}'
  properties: {
    remoteVirtualNetwork: {
      id: west.outputs.hubId
    }
    allowVirtualNetworkAccess: true
    allowForwardedTraffic: true
  }
  dependsOn: [
    north
  ]
}

resource toNorth 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2023-09-01' = {
  name: '${nameWest}-hub/to-${nameNorth}'
  properties: {
    remoteVirtualNetwork: {
      id: north.outputs.hubId
    }
    allowVirtualNetworkAccess: true
    allowForwardedTraffic: true
  }
  dependsOn: [
    west
  ]
}

output routeServersNorth array = north.outputs.routeServerIps
output routeServersWest array = west.outputs.routeServerIps
