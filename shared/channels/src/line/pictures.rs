//! Where LINE shows pictures of stickers and emoji. The Messaging API names them only; these are the addresses of LINE's
//! own sticker shop, which may go without notice, so the words that come along are shown beside them.

const SHOP: &str = "https://stickershop.line-scdn.net";

/// The picture of a sticker that is named `package/sticker`.
pub fn sticker_picture(sticker: &str) -> Option<String> {
    let (_, sticker) = sticker.split_once('/')?;
    is_number(sticker).then(|| format!("{SHOP}/stickershop/v1/sticker/{sticker}/android/sticker.png"))
}

/// The picture of an emoji that is named `product/emoji`.
pub fn emoji_picture(emoji: &str) -> Option<String> {
    let (product, emoji) = emoji.split_once('/')?;
    let is_product = (1..=64).contains(&product.len()) && product.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_product && is_number(emoji))
        .then(|| format!("{SHOP}/sticonshop/v1/sticon/{product}/android/{emoji}.png"))
}

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn msg_2_only_a_name_that_can_be_one_has_an_address() {
        let sticker = sticker_picture("446/1988").unwrap();
        assert_eq!(sticker, format!("{SHOP}/stickershop/v1/sticker/1988/android/sticker.png"));
        let emoji = emoji_picture("5ac1bfd5040ab15980c9b435/001").unwrap();
        assert_eq!(emoji, format!("{SHOP}/sticonshop/v1/sticon/5ac1bfd5040ab15980c9b435/android/001.png"));
        for bad in ["", "1", "1/", "1/x", "1/../2", "1/1?x=", &format!("1/{}", "1".repeat(21))] {
            assert_eq!((sticker_picture(bad), emoji_picture(bad)), (None, None), "{bad}");
        }
        assert_eq!(emoji_picture("a/b/001"), None);
    }
}
