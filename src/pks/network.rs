//! Networks a lembaga may call from.
//!
//! A v4 address that comes mapped into v6 (`::ffff:10.0.0.1`) counts as v4. A network is refused where bits of the host are set, for
//! `10.1.2.3/8` may mean one address or sixteen million.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses: `10.1.0.0/16`, `2001:db8::/48`, or one address alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads an address with or without `/prefix`; the sentence says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| format!("{text:?} bukan jaringan; tulis seperti 10.1.0.0/16"))?;
        if let IpAddr::V6(v6) = base
            && v6.to_ipv4_mapped().is_some()
        {
            return Err(format!("{text:?} adalah jaringan v4 yang ditulis sebagai v6; tulis seperti 10.1.0.0/16"));
        }
        let width = width(base);
        let prefix = match prefix {
            None => width,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => digits
                .parse()
                .ok()
                .filter(|p| *p <= width)
                .ok_or_else(|| format!("{text:?} memiliki panjang awalan di atas {width}"))?,
            Some(_) => return Err(format!("{text:?} tidak memiliki bilangan setelah garis miring")),
        };
        let network = Self { base: masked(base, prefix), prefix };
        if network.base == base {
            Ok(network)
        } else {
            Err(format!("{text:?} memuat bit di luar awalannya; mungkin yang dimaksud {network}"))
        }
    }

    /// Whether an address lies inside; one that is v4 mapped into v6 counts as v4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        // Of two families masked() keeps the family, so they are never equal.
        masked(address.to_canonical(), self.prefix) == self.base
    }

    /// Its first address.
    #[must_use]
    pub const fn first(&self) -> IpAddr {
        self.base
    }

    /// Whether it is narrow enough to count as fixed addresses: at most 256 of them, or the machine itself.
    #[must_use]
    pub fn fixed(&self) -> bool {
        self.prefix + 8 >= width(self.base) || (self.base.is_loopback() && self.prefix >= 8)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inside(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn an_address_lies_inside_or_not() {
        assert!(inside("127.0.0.0/8", "127.0.0.1"));
        assert!(!inside("127.0.0.0/8", "128.0.0.1"));
        assert!(inside("10.1.2.3", "10.1.2.3"));
        assert!(!inside("10.1.2.3", "10.1.2.2"));
        assert!(inside("0.0.0.0/0", "203.0.113.9"));
        assert!(inside("2001:db8::/32", "2001:db8:1::1"));
        assert!(!inside("2001:db8::/32", "2001:db9::1"));
    }

    #[test]
    fn a_v4_address_mapped_into_v6_counts_as_v4() {
        assert!(inside("127.0.0.0/8", "::ffff:127.0.0.1"));
        assert!(!inside("::/0", "::ffff:10.0.0.1"));
        assert!(!inside("::/0", "10.0.0.1"));
        assert!(!inside("0.0.0.0/0", "2001:db8::1"));
    }

    #[test]
    fn refuses_what_may_mean_two_things() {
        for wrong in
            ["", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.1.2.3/8", "::ffff:10.0.0.0/104", "2001:db8::1/64", "::/129"]
        {
            assert!(Network::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_narrow_networks_and_the_machine_itself_are_fixed_addresses() {
        for (text, fixed) in [
            ("10.0.0.1", true),
            ("10.0.0.0/24", true),
            ("10.0.0.0/23", false),
            ("127.0.0.0/8", true),
            ("0.0.0.0/0", false),
            ("2001:db8::/120", true),
            ("2001:db8::/119", false),
        ] {
            assert_eq!(Network::parse(text).map(|n| n.fixed()), Ok(fixed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_reads_back_its_own_text(text in "[0-9a-f:./]{0,24}") {
            if let Ok(network) = Network::parse(&text) {
                prop_assert_eq!(Network::parse(&network.to_string()), Ok(network));
            }
        }
    }
}
