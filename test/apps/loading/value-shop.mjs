export const kind = 'of the shop'
