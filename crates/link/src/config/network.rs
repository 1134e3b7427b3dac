//! Networks in CIDR notation, such as `203.0.113.0/24` or `2001:db8::/32`.

use std::net::IpAddr;

/// A network of IPv4 or IPv6 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `ADDRESS/PREFIX`; `None` where it is anything else. Bits of the address beyond the prefix do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        // `parse` alone would take a leading plus sign.
        let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u8 = if is_number { prefix.parse().ok()? } else { return None };
        let longest = if address.is_ipv4() { 32 } else { 128 };
        (prefix <= longest).then_some(Self { address, prefix })
    }

    /// Whether the network holds this address. An IPv4 address that is written as an IPv6 one (`::ffff:203.0.113.5`)
    /// counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(own.to_bits().into(), other.to_bits().into(), self.prefix, 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), self.prefix, 128),
            _ => false,
        }
    }
}

/// Whether the first `prefix` of `width` bits are the same.
fn same(own: u128, other: u128, prefix: u8, width: u8) -> bool {
    let ignored = u32::from(width - prefix);
    // A shift by all 128 bits is not defined; nothing is compared then.
    (own ^ other).checked_shr(ignored).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_own_addresses_and_no_other() {
        assert!(holds("203.0.113.0/24", "203.0.113.255"));
        assert!(holds("203.0.113.7/24", "203.0.113.1"), "bits beyond the prefix do not matter");
        assert!(!holds("203.0.113.0/24", "203.0.114.0"));
        assert!(holds("203.0.113.5/32", "203.0.113.5") && !holds("203.0.113.5/32", "203.0.113.4"));
        assert!(holds("0.0.0.0/0", "198.51.100.1") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1") && !holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(holds("203.0.113.0/24", "::ffff:203.0.113.9"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in
            ["", "203.0.113.0", "203.0.113.0/33", "203.0.113/24", "203.0.113.0/+8", "2001:db8::/129", "a/8", "1.2.3.4/"]
        {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
