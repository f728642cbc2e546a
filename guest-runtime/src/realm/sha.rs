//! SHA-256, SHA-384 and SHA-512 (FIPS 180-4), for `crypto.subtle.digest`.

/// Fractions of the cube roots of the first 80 primes; SHA-256 takes the upper halves of the first 64.
#[rustfmt::skip]
const ROUNDS: [u64; 80] = [
    0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f, 0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538, 0x59f1_11f1_b605_d019, 0x923f_82a4_af19_4f9b, 0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242, 0x1283_5b01_4570_6fbe, 0x2431_85be_4ee4_b28c, 0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f, 0x80de_b1fe_3b16_96b1, 0x9bdc_06a7_25c7_1235, 0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2, 0xefbe_4786_384f_25e3, 0x0fc1_9dc6_8b8c_d5b5, 0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275, 0x4a74_84aa_6ea6_e483, 0x5cb0_a9dc_bd41_fbd4, 0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab, 0xa831_c66d_2db4_3210, 0xb003_27c8_98fb_213f, 0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2, 0xd5a7_9147_930a_a725, 0x06ca_6351_e003_826f, 0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc, 0x2e1b_2138_5c26_c926, 0x4d2c_6dfc_5ac4_2aed, 0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de, 0x766a_0abb_3c77_b2a8, 0x81c2_c92e_47ed_aee6, 0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364, 0xa81a_664b_bc42_3001, 0xc24b_8b70_d0f8_9791, 0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218, 0xd699_0624_5565_a910, 0xf40e_3585_5771_202a, 0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8, 0x1e37_6c08_5141_ab53, 0x2748_774c_df8e_eb99, 0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63, 0x4ed8_aa4a_e341_8acb, 0x5b9c_ca4f_7763_e373, 0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc, 0x78a5_636f_4317_2f60, 0x84c8_7814_a1f0_ab72, 0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28, 0xa450_6ceb_de82_bde9, 0xbef9_a3f7_b2c6_7915, 0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c, 0xd186_b8c7_21c0_c207, 0xeada_7dd6_cde0_eb1e, 0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba, 0x0a63_7dc5_a2c8_98a6, 0x113f_9804_bef9_0dae, 0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84, 0x32ca_ab7b_40c7_2493, 0x3c9e_be0a_15c9_bebc, 0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6, 0x597f_299c_fc65_7e2a, 0x5fcb_6fab_3ad6_faec, 0x6c44_198c_4a47_5817,
];

/// Fractions of the square roots of the first 8 primes; SHA-256 takes the upper halves.
#[rustfmt::skip]
const START: [u64; 8] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
];

/// Fractions of the square roots of the next 8 primes.
#[rustfmt::skip]
const START_384: [u64; 8] = [
    0xcbbb_9d5d_c105_9ed8, 0x629a_292a_367c_d507, 0x9159_015a_3070_dd17, 0x152f_ecd8_f70e_5939,
    0x6733_2667_ffc0_0b31, 0x8eb4_4a87_6858_1511, 0xdb0c_2e0d_64f9_8fa7, 0x47b5_481d_befa_4fa4,
];

/// The compression of one family: its words, its block, its rounds, and how far its functions rotate.
macro_rules! compression {
    ($name:ident, $word:ty, $bytes:literal, $rounds:literal, $key:expr, $big:expr, $small:expr) => {
        fn $name(mut state: [$word; 8], message: &[u8]) -> [$word; 8] {
            const WORD: usize = size_of::<$word>();
            for block in padded(message, $bytes).chunks_exact($bytes) {
                let mut schedule = [0; $rounds];
                for (word, bytes) in schedule.iter_mut().zip(block.chunks_exact(WORD)) {
                    *word = bytes.iter().fold(0, |word, byte| (word << 8) | <$word>::from(*byte));
                }
                for at in 16..$rounds {
                    let (far, near) = (schedule[at - 15], schedule[at - 2]);
                    let [a, b, c] = $small[0];
                    let first = far.rotate_right(a) ^ far.rotate_right(b) ^ (far >> c);
                    let [a, b, c] = $small[1];
                    let second = near.rotate_right(a) ^ near.rotate_right(b) ^ (near >> c);
                    schedule[at] = schedule[at - 16]
                        .wrapping_add(first)
                        .wrapping_add(schedule[at - 7])
                        .wrapping_add(second);
                }
                let turn = |word: $word, by: [u32; 3]| {
                    word.rotate_right(by[0]) ^ word.rotate_right(by[1]) ^ word.rotate_right(by[2])
                };
                let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
                for (word, key) in schedule.iter().zip(ROUNDS) {
                    let chosen = (e & f) ^ (!e & g);
                    let first = h
                        .wrapping_add(turn(e, $big[1]))
                        .wrapping_add(chosen)
                        .wrapping_add($key(key))
                        .wrapping_add(*word);
                    let second = turn(a, $big[0]).wrapping_add((a & b) ^ (a & c) ^ (b & c));
                    (h, g, f, e) = (g, f, e, d.wrapping_add(first));
                    (d, c, b, a) = (c, b, a, first.wrapping_add(second));
                }
                for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                    *word = word.wrapping_add(more);
                }
            }
            state
        }
    };
}

compression!(compress_32, u32, 64, 64, upper, [[2, 13, 22], [6, 11, 25]], [[7, 18, 3], [17, 19, 10]]);
compression!(compress_64, u64, 128, 80, u64::from, [[28, 34, 39], [14, 18, 41]], [[1, 8, 7], [19, 61, 6]]);

const fn upper(word: u64) -> u32 {
    (word >> 32) as u32
}

/// The message, a bit, and its length in bits at the end of a block.
fn padded(message: &[u8], block: usize) -> Vec<u8> {
    let mut padded = message.to_vec();
    padded.push(0x80);
    let length = size_of::<u64>();
    let whole = (padded.len() + block / 8).next_multiple_of(block);
    padded.resize(whole - length, 0);
    padded.extend_from_slice(&(message.len() as u64 * 8).to_be_bytes());
    padded
}

/// SHA-256 of `message`.
pub(super) fn sha256(message: &[u8]) -> Vec<u8> {
    compress_32(START.map(upper), message).iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// SHA-384 of `message`.
pub(super) fn sha384(message: &[u8]) -> Vec<u8> {
    compress_64(START_384, message).iter().take(6).flat_map(|word| word.to_be_bytes()).collect()
}

/// SHA-512 of `message`.
pub(super) fn sha512(message: &[u8]) -> Vec<u8> {
    compress_64(START, message).iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::{sha256, sha384, sha512};

    fn head(hash: &[u8]) -> Vec<u8> {
        hash.iter().take(4).copied().collect()
    }

    /// FIPS 180-4's own example, and lengths around a block against another implementation's.
    #[test]
    fn the_hashes_are_those_of_the_standard() {
        assert_eq!(head(&sha256(b"abc")), [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(head(&sha384(b"abc")), [0xcb, 0x00, 0x75, 0x3f]);
        assert_eq!(head(&sha512(b"abc")), [0xdd, 0xaf, 0x35, 0xa1]);
        assert_eq!((sha256(b"").len(), sha384(b"").len(), sha512(b"").len()), (32, 48, 64));
        for (length, first) in
            [(55, 0x9f), (56, 0xb3), (63, 0x7d), (64, 0xff), (65, 0x63), (119, 0x31), (120, 0x2f)]
        {
            assert_eq!(sha256(&vec![b'a'; length])[0], first, "{length}");
        }
    }
}
