import { concatBytes, hexToBytes } from '../stateless/bytes.ts'

/**
 * The part of the KZG ceremony's setup (consensus-specs trusted_setup_4096.json, entries of `g1_monomial` and
 * `g2_monomial`) that checking proofs takes. Making proofs takes all of it, which is a hundred times more.
 */

const POINT_BYTES = 48

/** Generators of the groups, compressed. */
export const G1 = hexToBytes(
  '97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
)
export const G2 = hexToBytes(
  '93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e' +
    '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
)

/** [tau]G2: what openings at one point are checked with (EIP-4844). */
export const TAU_G2 = hexToBytes(
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d' +
    '2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e2' +
    '3926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
)

/** [tau^64]G2: what openings on the 64 points of a cell are checked with (EIP-7594). */
export const TAU64_G2 = hexToBytes(
  '92dcc5a1c8c3e1b28b1524e3dd6dbecd63017c9201da9dbe077f1b82adc08c50' +
    '169f56fc7b5a3b28ec6b89254de3e2fd12838a761053437883c3e01ba616670c' +
    'ea843754548ef84bcc397de2369adcca2ab54cd73c55dc68d87aec3fc2fe4f10',
)

/** [tau^0]G1 to [tau^63]G1, compressed, in base64. */
const POWERS_G1 = [
  'l/HTpzGX15QmlWOMT6msD8NojE+XdLkFoU46PxcbrFhsVeg/+Xoa7/s68ArbIsa7rT61ASETmqNNsdVFCTrJN0q3vKLA878o4nyNzY/Hy0LS',
  'WSb8DJezNunw+zXloEyBgCnIzg0tznYafynC3yKQhQyFvfrsKVVibXrMiGSusB/hbJ4VaGPcY7bCJVORDifBsThsmV0xAdEGOeSbnl05uaKA',
  '3PDxNcLmxpKLs6uDCanacXjzOSV2jDJPEcN2LP3VlZbZKWEObS7TUCsbsPHqAQ9rZgXJXUhZ9eU+Cfpo3HHf1YdJBUR7XsbNFWp21rbohR48',
  'PUtbfNu6Jdcqv5gSzz18Wp297EK2Y14q3XBsvuoY+YWv5SR0WfbJCGIDIvQ0sQ9M+OxuAkkbvm2QhNiMFjBv2vOZ/vPNFFP1ik92M/gNxgsQ',
  'D5I2wxA+r3J0aDdPreEexjASfgTRfnDbAjfVXy/yoglIgaSDeX6M3bmLYiJF4fYI5dzRFyuYcOcztKMvr1jIovWPkEziDbgQBTMb8tJR4ifn',
  '0b71ddaRvcqELmIz6y4mwuEWphp4WUdys40ls8ExPDHsgtpaegnpz2ZWylmMJDNF/o1IKOUgrekXh/+4uYZ9t4mzStZ870eyb/htqO2KI1NV',
  'lI4LBL4IC3s+FFKTrM77RwTR2pBQeWsvaHBRbB6/d65qZTWe3P0BbA82gOeS1bokuAWPbXKRouxctoqrHhbpbXkxKOhoFWMbr0LFa2IFwZ4l',
  'zpcnvR/W+d77gWKIxdcmsJTj/flcuIgvRCxNnREBuSx5OKff1JvFBjbXPqGwX3XrcxyQjI/Y3ucXrgCRKNEoui4VGb+noMAe1JSn1GHDq6YP',
  'ijAXAf7WH+TjHWx5zhiVQq5R35HnPOGzlqhm1gqQB9BYJcMyR2qD6GnhWxHXJXFypnaQ6pvT7+pEv5yNQhkUVOsE/PEQsWOWiyUKKgZBmtub',
  'YR6J9/jymQqjAZSbUzrTvxfEphq19b4LHV4rVxhk0T8bt1gFx3ldhFD0n6zy5iD6Re6Q4YAReIQtknoqJfxu17qZpO7HrkDuv+5BAo6qhPEH',
  '9Kd3aUl2kQSQgM9lnAmFoi0TZuWRkbuJZj+SLoFoubfYXIpz10ptnc7v2FXT2Fi0k2cMdQWBoeFnrrIAgIfzGVkm8ZhcCkWdbsVyNyVbFHOp',
  'beTiwc92YSfIYsfchTppCeZ8sGz3tmfA1OJuIGmLB1ZzWGJdXwA4Ockt6AiOEtvXSm9qMVa06o0lLJrWKvX2xP7Bz2zHjkteMEwLGxYa4+S2',
  'i146xmxCrNfB7iRYBE9lJ8UIqTmV5QiU1y1XwTUPka/nJ3X/jGQmQKp5FUIc3CH9Y5+IpCBSsc+jWP93AuYHk6kre1km2uFaDI+PWc0wE/Ac',
  'FZujo1bzXnE8/CgwVr9TneVKIXMeYe+0xHMZ8g3kpLcj12oztl9KZ9KYuexcKhV5QYZXk84gQUbOlfSE3HnCeRmhbJ4/wUqREcbGPURJEVjV',
  'g4EX0ghRzDInpei6bM955385tYVmTLuahLUviRFOHPDPEXG+p4oTbcFASsiKESELLevDt6VecC2pP/YpCVwTSilett/UROx/3OsUxjKPJsoS',
  'w/n8QyfY2MaJSOkufmEmK4LYM6Zanjr2NT/6gyttolcFtNS4657P/+Pw1I+0FJx7Ma7B2nBB7AO9B1DFKip8vDp8+/CdW/3Fbjhggmpi0LuR',
  'pOJI49YdtS2paD/vGIV5xHDWXi35BkcmhHsVmfx3QEn/3G7yrleNXteHTxKY7N9ppooP/8LjfTGD/rAbQiNMD05RD53CnQnFcebaAP7K2doi',
  'TNDzFVAHAUhmfiJsTKQThq3aL/7LdyNsGABQUfMflleg1Q/vKhF139oy501dU9+CXBDyiesK053wxk/JvHcpmYJm1cnDdk7ZfWb6ntF2rwQ5',
  'mWUrrhnwZXyDKGKdMK9FMjDjaBxaOOLwHjie2NgloFJhVU08YgrwyRTPJ6uY9dNZPDOrMTwZjgxA1scgIutZQ3eM1Pc+n+g4M5KnAEl2rSQ/',
  's2Mb+Q/tudZ5/XH8DPBr2gKFkd7SvUxjTqezwr0i7KKrMY/Nqmws2h5j4cV7ibmFmgT5A8lel/spUfAcxkGKJQXu4LW8cma00z4Btpuf59xW',
  '+p67WFYJW+CSWkItpo0Rg0Olu/u6uV/5v+U663/brxbbmD5vRFY2bfKqAfvbbumQHLEC/H0r0Jm+Lx8+tJMB8l1andLsYN2wtLR3KRlYSH7+',
  'qeVNwOTvOI8DuLut0TJZ0ZH3oLdROHZ2fYKCi5Pff7RRP2d0mQX9Q9t49wJlibcE67nqMlXQrWQVQ3eZ9A8C4H78zaHm/V6M0KchrYh2ms6W',
  'RV2jfDyQGan1I8aUZDvj9rN7Hp3MUFPR/o5GOr69sbPvLy+4AVKKAcR8gPDrXcv6r0Ib9ZqLm9UkXEgjyUUQCT4j4LBTRkf7VSWiXqOu6gqS',
  'eh7iDAV/LJI0sQrYLqalrqvjRdAOsXkQ1pQraGL383c8fTIRlOZ8nM7QszEEJWYmBmNNzX+Ll2wEgvb9kfh4IvbMl3gI7qx3iJ9KMvsNYY54',
  'SyMxJj0P+oILP3CwadMuAxnJ4DOrddO0lDbT3GteJbH2lfjGwcVT2rMSzKzk2sOv3cFB01BkZ81QywSknqlup/Wop7D8Ze83jgqUkWUdUr6O',
  'v0MV+7tBAnL5p0uWXTO3n/G54b475Z5D2VZnc1YOQygFScNI5I8BiAkTfl06IkANbmRam9hOIcSSNxc2x+YsUc71D+46p/JAVyQ2eoP9BR/3',
  'AtlxFn9ntTaiTzGjRt5/mGP8NR+mAhWEBNL5R0fuvkOr8fIb+PlaZBRsAqS+wntQP1RniaOItc31oE/BKg4O91RYMAYd/3/Yq+pG5I++YjUQ',
  'nmw27mv/y5Up4vPQ1wHPWLv7akGXqxU3dSV1NGfQQreTH2b4Ysu7d0ZCEsmqctTlwEN171X2GbOkRgkcG6GjtdnwXlOPkFp1uUOtAX/3jqbd',
  '0dKKRccnPuHC5eM1NoWBN5Pq0zcMCcq9kD/KudixxpYTctSGgUffQyT63cAvsIljZ6dke3GbZJmjYa7P3To0KW+mdorTHDT56HP9HmgzhsRG',
  'UYg+rJHQhXDdkfidLgHcpnzcg7ZA4g8HPqnwc0dZySGCu2bF1kXxXr2R7XBbZkhu0giNrGKV7yUTu+p+9M3PN9KAMAw05jxLlwRmPVWJGmG/',
  'XJGwTMHSAqOgp8RSDDDtwnfHtgS+d2oBIJXA1OvHd5fdjexipUwFWfshhde6xrUNTl/Ucawtf0UjIG1dgXjqvZqHgOrWje8nLOP1eVEUXnHt',
  'bcJtqY5YJe9DmvV3wMXedm1OOSB/IF1dIduQPYnze7sCmVC0qDA4jIlxWMf+OSHi/iS+7cfITiAk6Lkrl3X4+ZWTtUqGuIcOxQh3NClboGAy',
  'uJunFK2r+U5lin0UrI/BlzdqQWhBwqgOGm3eT0ONX3R9H7kLOejqQ1xZ1uzaE96hsMeOfMYL0FvkbUj7sEIaZ4x/FLjZNzDetm++FkdhOyxi',
  'tQdRJtkXBHggxX/DUJy5qGDErMVETprph+jJPLml8X2VTWPAYMxhb3JOJrxz0sVM024EktH94XOEcnjlWUK6j7gmnJ1cFUKOjUXaElHkxKS2',
  'ANR9oMrqKf7yRoVNj7asroao5kQNDEKdjdnC3+4MlsXY62/VxSWzSO5DNdIAE55DfkvoNpCvDzW38zanzajG0pWGR5iLhNqfLde7t3ELp/Yh',
  'QcQ0bMFOmCPcOKx9WHsEJwIq/BSY0S7ixD9qw6ghZwV+Zw3VJLdBN/jDzrVtlWqsUNBrRqPpQ5fxY/WT9QENNmqi2BbCIFx9D0f5DPDzbBae',
  'lk+bz2mNSRgtR9kfuBKJm83A5w15ynKcsBEEv2DhNXuQhaEPZPO6mGXVfpq9ClBaUC1N4Hr7RvTSZr4vq84Cx+E3LiXUCUTcns4pBKj1nIhU',
  'xfKHX+Y6zozjfZeIH0+atPe60HDsjg2u5Y0/j7E8UVstartOFO11P61cw2w2Md/iGiPQ9gOq1xlCPdVCMVfu/L2anGB04VW3nrON',
]

/** The 64 points that commit to a polynomial of a degree below 64. */
export function powersOfG1(): Uint8Array[] {
  const bytes = concatBytes(POWERS_G1.map((line) => new Uint8Array(Buffer.from(line, 'base64'))))
  return Array.from({ length: bytes.length / POINT_BYTES }, (_, i) =>
    bytes.subarray(i * POINT_BYTES, (i + 1) * POINT_BYTES),
  )
}
