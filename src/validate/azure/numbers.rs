//! AS numbers that Azure refuses. Pure.

use crate::validate::ground::ROUTE_SERVER;

/// Why Azure refuses an NVA with this AS number.
pub fn refused(asn: u32) -> Option<&'static str> {
    match asn {
        8074 | 8075 | 12076 => Some("Microsoft's own, public"),
        65515 | 65517..=65520 => Some("Microsoft's own, private"),
        23456 | 64496..=64511 | 65535..=65551 => Some("reserved by IANA"),
        _ => None,
    }
}

/// Why an NVA that is a Route Server's neighbor cannot have this AS number, and the cure.
pub fn of_as_number(asn: u32) -> Option<String> {
    let why = match (asn, refused(asn)) {
        (ROUTE_SERVER, _) => "65515 is the Route Server's own".to_owned(),
        (_, Some(why)) => format!("{asn} is {why}"),
        (65536.., None) => format!("{asn} has more than 16 bits"),
        (_, None) => return None,
    };
    Some(format!("{why}; choose another, such as 65010"))
}
